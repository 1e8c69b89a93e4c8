"""`make schema`: write `docs/openapi.json` anew, unless that breaks clients."""

import os
import sys

import django


def main() -> int:
    """Return 0 where the file says what the code does, 1 where a client would break."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # The promise is made in the default currency.
    os.environ["SHOP_CURRENCY"] = "VND"
    django.setup()
    from tests.openapi import pinned  # noqa: PLC0415

    new = pinned.made()
    try:
        broken = pinned.broken(new)
    except ValueError:
        sys.stdout.write(
            "docs/openapi.json is no JSON. After a merge, take what is promised, and renew it:\n"
            "  git checkout origin/main -- docs/openapi.json && make schema\n"
        )
        return 1
    if broken:
        sys.stdout.write("This breaks clients, so docs/openapi.json was not written:\n")
        sys.stdout.writelines(f"  {line}\n" for line in broken)
        sys.stdout.write(
            "Keep what is promised beside what is new. A new major version may break it: raise\n"
            "VERSION in config/settings.py (SPECTACULAR_SETTINGS), and say so in CHANGELOG.md.\n"
        )
        return 1
    pinned.PATH.write_text(pinned.written(new))
    sys.stdout.write(f"docs/openapi.json describes {len(new['paths'])} paths.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
