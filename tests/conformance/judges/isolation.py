"""Nothing of client A stands in the bundle of client B: names, codes, URLs, divisions, people."""

import re
import zipfile


def contents(folder):
    """{path: text} of every file of a bundle, with the parts of its templates unpacked."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            data = path.read_bytes()
            if path.suffix == ".pbit":
                with zipfile.ZipFile(path) as archive:
                    for part in archive.namelist():
                        found[f"{name}!{part}"] = f"{part}\n{_decode(archive.read(part))}"
            found[name] = name if path.suffix == ".pbit" else f"{name}\n{_decode(data)}"
    return found


def _decode(data):
    """UTF-16 where every second byte is zero, else UTF-8; pictures as bytes."""
    if len(data) > 1 and data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace")
    return data.decode("utf-8", "replace")


def _plain(text):
    """Text without the escapes of JSON, XML, M and DAX, so that a name is found however it is written."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    for escaped, character in (
        ("&amp;", "&"),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&quot;", '"'),
        ("''", "'"),
        ('""', '"'),
    ):
        text = text.replace(escaped, character)
    return text


def judge_isolation(bundles, words, shown=frozenset()):
    """Findings over {client: folder} and {client: words that only this client's bundle may hold}.

    `shown` are words of clients that the consolidated bundle `_office` may hold.
    """
    findings = []
    for client, folder in bundles.items():
        own = words.get(client, set()) | (shown if client == "_office" else set())
        foreign = {word.lower(): other for other in words for word in words[other] - own if other != client}
        if not foreign:
            continue
        longest_first = sorted(foreign, key=len, reverse=True)
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
        for name, text in contents(folder).items():
            found = {match.lower() for match in pattern.findall(_plain(text))}
            findings += [f"isolation: {client}: {name} holds {word!r} of {foreign[word]}" for word in sorted(found)]
    return findings
