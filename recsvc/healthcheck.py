"""`python -m recsvc.healthcheck`: asks the service of this host whether it is ready, for images without curl."""

from __future__ import annotations

import http.client
import os
import sys

from recsvc.settings import SettingsError, address, from_environment

_SECONDS = 3.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where to ask a service that listens everywhere


def main() -> int:
    """0 where `/health/ready` answers 200, else 1 and a line that says why."""
    try:
        host, port = address(from_environment(os.environ).bind)
        connection = http.client.HTTPConnection(_ANY.get(host, host), port, timeout=_SECONDS)
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        text = answer.read(500).decode(errors="replace")
    except (SettingsError, OSError, http.client.HTTPException) as error:
        print(f"not ready: {error}", file=sys.stderr)  # noqa: T201  # for whoever looks at the container's health
        return 1
    print(text)  # noqa: T201  # as above
    return 0 if answer.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
