"""A file system that keeps the case of names and finds them in any, as on Windows and macOS.

``python tests/crash_nocase.py FOLDER MOUNTED`` shows a folder so, until it is unmounted: FUSE, by PyPI's ``mfusepy``.
The kernel's own way (``casefold`` of ext4) is not in every kernel; NTFS and exFAT of FUSE lose case, or data.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import mfusepy as fuse


class NoCase(fuse.Operations):
    """The folder as it is, but for how a name is looked up."""

    use_ns = True

    def __init__(self, root):
        self.root = root

    def there(self, path):
        """Return the real path of what is asked for: each part as it is spelled there, if it is there."""
        found = self.root / path[1:]
        if os.path.lexists(found):
            return found
        found = self.root
        for part in path.strip("/").split("/"):
            if part and not os.path.lexists(found / part):
                part = next((name for name in self.names(found) if name.casefold() == part.casefold()), part)  # noqa: PLW2901
            found /= part
        return found

    def names(self, folder):
        """Return the names in a folder; none where there is no such folder."""
        return os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208  names alone

    def getattr(self, path, fh=None):  # noqa: ARG002  as the library calls it
        found = os.lstat(self.there(path))
        told = {key: getattr(found, key) for key in ("st_gid", "st_mode", "st_nlink", "st_size", "st_uid", "st_ino")}
        return told | {f"st_{key}": getattr(found, f"st_{key}_ns") for key in ("atime", "ctime", "mtime")}

    def readdir(self, path, fh):  # noqa: ARG002
        return [".", "..", *self.names(self.there(path))]

    def open(self, path, flags):
        return os.open(self.there(path), flags)

    def create(self, path, mode, fi=None):  # noqa: ARG002
        return os.open(self.there(path), os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)

    def read(self, path, size, offset, fh):  # noqa: ARG002
        return os.pread(fh, size, offset)

    def write(self, path, data, offset, fh):  # noqa: ARG002
        return os.pwrite(fh, data, offset)

    def release(self, path, fh):  # noqa: ARG002
        os.close(fh)

    def fsync(self, path, datasync, fh):  # noqa: ARG002
        os.fsync(fh)

    def truncate(self, path, length, fh=None):  # noqa: ARG002
        os.truncate(self.there(path), length)

    def rename(self, old, new):
        source, target = self.there(old), self.there(new)
        if target != source and os.path.lexists(target) and not target.is_dir():
            target.unlink()
        if target.is_dir() and target != source and self.names(target):
            raise fuse.FuseOSError(errno.ENOTEMPTY)
        source.rename(target.with_name(new.rpartition("/")[2]))

    def unlink(self, path):
        self.there(path).unlink()

    def mkdir(self, path, mode):
        self.there(path).mkdir(mode)

    def rmdir(self, path):
        self.there(path).rmdir()

    def chmod(self, path, mode):
        self.there(path).chmod(mode)

    def chown(self, path, uid, gid):
        os.chown(self.there(path), uid, gid)

    def utimens(self, path, times=None):
        os.utime(self.there(path), ns=times)


if __name__ == "__main__":
    ways = dict.fromkeys(("attr_timeout", "entry_timeout", "negative_timeout"), 0)
    fuse.FUSE(NoCase(Path(sys.argv[1])), sys.argv[2], foreground=True, nothreads=True, direct_io=True, **ways)
