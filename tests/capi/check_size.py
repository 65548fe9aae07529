#!/usr/bin/env python3
"""How large the library is as it is shipped, without symbols for debuggers.

    check_size.py LIBRARY MOST_BYTES WORK_DIR"""

import pathlib
import subprocess
import sys


def main():
    library, most, work = sys.argv[1:]
    stripped = pathlib.Path(work) / "stripped.so"
    stripped.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["strip", "-o", stripped, library], check=True)
    size = stripped.stat().st_size
    print(f"{size:,} bytes stripped, at most {int(most):,}")
    if size <= int(most):
        return 0
    print("Which code is new? Sources that no event passes are compiled for size (src/CMakeLists.txt);\n"
          "what no function of the ABI reaches is left out by the linker (-Wl,--print-gc-sections, -Wl,-Map=).")
    return 1


if __name__ == "__main__":
    sys.exit(main())
