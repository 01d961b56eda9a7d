#!/usr/bin/env python3
"""Builds the wheel: the program and the Python package in one file. No network.

    python3 configs/python/build_wheel.py [--binary PROGRAM] [--local] [--out DIR]

Without --binary it builds the program first, with Swift's libraries inside it
(swift build -c release --static-swift-stdlib). The wheel's platform is manylinux of the newest
glibc symbol that the program asks for. A program that needs libraries besides the C and C++
runtimes is refused; --local packs it for this machine alone (linux in place of manylinux).
"""

import argparse
import base64
import hashlib
import platform
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def build() -> Path:
    command = ["swift", "build", "-c", "release", "--static-swift-stdlib"]
    command += ["-debug-info-format", "none"]
    command += ["--scratch-path", str(ROOT / ".build" / "portable")]
    subprocess.run([*command, "--product", "headway"], cwd=ROOT, check=True)
    shown = subprocess.run(
        [*command, "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return Path(shown.stdout.strip()) / "headway"


def glibc(program: bytes) -> tuple:
    """The newest version of glibc that its dynamic symbols name."""
    found = {tuple(map(int, m)) for m in re.findall(rb"GLIBC_(\d+)\.(\d+)", program)}
    if not found:
        sys.exit("the program names no glibc: is it built for Linux with glibc?")
    return max(found)


#: Libraries that every machine with glibc and libstdc++ has, as .ci/portable lists them.
RUNTIMES = re.compile(
    r"(ld-linux.*|lib(c|m|dl|pthread|rt|gcc_s|stdc\+\+|resolv|util))\.so(\..*)?"
)


def needed(program: bytes) -> list:
    """The libraries that a 64-bit ELF program names (DT_NEEDED)."""
    if program[:6] != b"\x7fELF\x02\x01":
        sys.exit("the program is no 64-bit ELF program, as Linux has them")
    start, size, count = (
        struct.unpack_from("<Q", program, 32)[0],
        *struct.unpack_from("<HH", program, 54),
    )
    segments = [struct.unpack_from("<IIQQQQ", program, start + n * size) for n in range(count)]
    loaded = [s for s in segments if s[0] == 1]
    entries = []
    for kind, _, offset, _, _, length in segments:
        if kind == 2:
            entries += struct.iter_unpack("<qQ", program[offset : offset + length])
    table = next((value for tag, value in entries if tag == 5), 0)
    # An address, of which the loaded segment tells the place in the file.
    for _, _, offset, address, _, length in loaded:
        if address <= table < address + length:
            table += offset - address
            break
    names = [table + value for tag, value in entries if tag == 1]
    return [program[n : program.index(b"\0", n)].decode() for n in names]


def version(program: Path) -> str:
    shown = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    match = re.match(r"headway (\d+(?:\.\d+)*)", shown.stdout)
    if match is None:
        sys.exit(f"{program} --version says {shown.stdout[:60]!r}: is it headway?")
    return match.group(1)


def stripped(program: Path) -> bytes:
    """The program without its symbols (70 MB of 112); as it is where there is no strip."""
    if shutil.which("strip") is None:
        return program.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "headway"
        subprocess.run(["strip", "-o", copy, program], check=True)
        return copy.read_bytes()


def tag(data: bytes, local: bool) -> str:
    """The platform of a wheel with this program."""
    others = [name for name in needed(data) if not RUNTIMES.fullmatch(name)]
    if local:
        return f"py3-none-linux_{platform.machine()}"
    if others:
        more = f" and {len(others) - 2} more" if len(others) > 2 else ""
        sys.exit(
            f"the program needs {', '.join(others[:2])}{more}, which other machines lack: build "
            "it with --static-swift-stdlib, or pack it for this machine with --local"
        )
    major, minor = glibc(data)
    return f"py3-none-manylinux_{major}_{minor}_{platform.machine()}"


def write(program: Path, folder: Path, local: bool) -> Path:
    try:
        platform_tag = tag(program.read_bytes(), local)
    except (struct.error, ValueError, UnicodeDecodeError):
        sys.exit(f"{program} is cut off")
    number = version(program)
    data = stripped(program)
    info = f"headway-{number}.dist-info"
    files = {
        f"headway/{path.name}": path.read_bytes()
        for path in sorted((HERE / "headway").iterdir())
        if path.suffix == ".py" or path.name == "py.typed"
    }
    files["headway/bin/headway"] = data
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: headway\nVersion: {number}\n"
        "Summary: Replay request traces through a simulated LLM-serving cluster\n"
        "Requires-Python: >=3.9\n"
    ).encode()
    files[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: headway build_wheel\nRoot-Is-Purelib: false\n"
        f"Tag: {platform_tag}\n"
    ).encode()
    files[f"{info}/entry_points.txt"] = b"[console_scripts]\nheadway = headway.__main__:main\n"
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
        record += f"{name},sha256={digest.decode()},{len(content)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"headway-{number}-{platform_tag}.whl"
    unfinished = wheel.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # A fixed date: the same program gives the same wheel.
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (
                0o100755 if name.endswith("bin/headway") else 0o100644
            ) << 16
            archive.writestr(entry, content)
    unfinished.replace(wheel)
    return wheel


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the wheel of headway.")
    parser.add_argument("--binary", type=Path, help="a program that is built; default: build it")
    parser.add_argument(
        "--local", action="store_true", help="pack a program for this machine alone"
    )
    parser.add_argument("--out", type=Path, default=ROOT / ".build" / "wheel", help="a folder")
    arguments = parser.parse_args()
    program = arguments.binary or build()
    if not program.is_file():
        sys.exit(f"{program}: there is no such program")
    print(write(program, arguments.out, arguments.local))


if __name__ == "__main__":
    main()
