"""Deploys a folder with Microsoft's fabric-cicd, unchanged, to a service on this computer.

Arguments: the service's address, the folder, the id of the workspace. fabric-cicd takes no other address than
Microsoft's from its settings, so it is set where the tool keeps it.
"""

import sys
import time

from azure.core.credentials import AccessToken
from fabric_cicd import FabricWorkspace, constants, publish_all_items


class Token:
    """A sign-in that needs nobody."""

    def get_token(self, *_, **__):
        # fabric-cicd reads who signs in from the token: header {"alg":"none"}, claims {"upn":"x@y.example"}.
        return AccessToken("eyJhbGciOiJub25lIn0.eyJ1cG4iOiJ4QHkuZXhhbXBsZSJ9.x", int(time.time()) + 3600)


def main():
    address, folder, workspace = sys.argv[1:]
    constants.DEFAULT_API_ROOT_URL = constants.FABRIC_API_ROOT_URL = address
    target = FabricWorkspace(
        workspace_id=workspace,
        repository_directory=folder,
        item_type_in_scope=["SemanticModel", "Report"],
        token_credential=Token(),
    )
    publish_all_items(target)


if __name__ == "__main__":
    main()
