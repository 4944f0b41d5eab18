"""Holds the rules of the layout, so that nobody has to remember them.

    layout_test.py ROOT

Which folder may include which, which folders are pure, where generated protobuf types may appear, and that
files keep to a readable size.
"""
import pathlib
import re
import sys

# Folder -> prefixes of headers of this project that it may include (its own is always allowed).
MAY_INCLUDE = {
    "common": ["common/"],
    "tracker/membership": ["common/", "tracker/store/"],
    "tracker/store": ["common/"],
    "tracker/service": ["common/", "tracker/membership/", "tracker/store/"],
    "tracker": ["common/", "tracker/"],
    "client/hls": ["common/"],
    "client/core": ["common/"],
    "client/cache": ["common/", "client/core/"],
    "client/cdn": ["common/", "client/core/"],
    "client/peer": ["common/", "client/core/"],
    "client/announce": ["common/", "client/core/"],
    "client/proxy": ["common/", "client/core/"],
    "client/runtime": ["common/", "client/"],
    "client": ["common/", "client/"],
}
GENERATED_IN = ("client/peer", "client/announce", "tracker/service", "tracker/server")
PURE = ("client/hls", "client/core", "client/cache", "tracker/membership", "tracker/store",
        "common/base", "common/time", "common/random")
# Things that read the world: forbidden where time and randomness are parameters.
IMPURE = re.compile(r"#include\s*[<\"](boost/|grpc|curl/|spdlog/|thread>|mutex>|random>|ctime>|sys/)"
                    r"|\b(system_clock|steady_clock)::now\b|\bstd::rand\b|\brandom_device\b")
MAY_READ_THE_CLOCK = {"common/time/system_clock.cc"}
MAX_LINES = 500
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.M)


def folder_of(path: str) -> str:
    """The longest folder that has a rule."""
    best = ""
    for folder in MAY_INCLUDE:
        if path.startswith(folder + "/") and len(folder) > len(best):
            best = folder
    return best


def problems_of(root: pathlib.Path, path: str) -> list[str]:
    text = (root / path).read_text()
    found = []
    folder = folder_of(path)
    for include in INCLUDE.findall(text):
        if include.startswith("shoal/v1/"):
            if not path.startswith(GENERATED_IN) or path.startswith("tests/"):
                found.append(f"{path}: generated {include} outside the adapters")
        elif include.startswith(("common/", "client/", "tracker/", "tests/")):
            allowed = [folder + "/"] + MAY_INCLUDE[folder]
            if not include.startswith(tuple(allowed)):
                found.append(f"{path}: includes {include}")
    if path.startswith(PURE) and path not in MAY_READ_THE_CLOCK:
        for match in IMPURE.finditer(text):
            found.append(f"{path}: pure code uses {match.group(0).strip()}")
    if text.count("\n") > MAX_LINES:
        found.append(f"{path}: {text.count(chr(10))} lines, over {MAX_LINES}")
    return found


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    sources = [str(p.relative_to(root)) for top in ("common", "tracker", "client")
               for p in sorted((root / top).rglob("*")) if p.suffix in (".h", ".cc")]
    found = [problem for path in sources for problem in problems_of(root, path)]
    print(f"{len(sources)} files, {len(found)} problems")
    for problem in found:
        print(problem)
    return 1 if found or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
