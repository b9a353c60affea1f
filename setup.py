"""Builds the one module that is compiled; everything else about the package is in ``pyproject.toml``.

Without a compiler the install works all the same (``optional``), and the module runs as plain Python.
"""

import hashlib
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

READING = Path("proxy/markup/reading")
STAGE = Path("build/compiled")
PACKAGE = STAGE / "holdback" / "proxy" / "markup" / "reading"
DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,  # the types are those of the .pxd
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "nonecheck": False,
    "cdivision": True,
}


def staged() -> list[str]:
    """The source under the name that its compiled form has, with its own hash in it: see
    ``proxy/markup/reading/walk.py``."""
    source, types = (READING / "passing.py").read_bytes(), (READING / "passing.pxd").read_bytes()
    digest = hashlib.sha256(source + types).hexdigest()
    PACKAGE.mkdir(parents=True, exist_ok=True)
    for folder in (PACKAGE, *PACKAGE.parents[:3]):
        (folder / "__init__.py").touch()  # the types are found by the module's full name
    (PACKAGE / "_passing.py").write_bytes(source + f'\nSOURCE = "{digest}"\n'.encode())
    (PACKAGE / "_passing.pxd").write_bytes(types)
    return [str(PACKAGE / "_passing.py")]


setup(
    ext_modules=cythonize(
        [
            Extension(
                "holdback.proxy.markup.reading._passing", staged(), optional=True, extra_compile_args=["-O2"]
            )
        ],
        compiler_directives=DIRECTIVES,
        include_path=[str(STAGE)],
        quiet=True,
    )
)
