"""docs/tutorial.md does what it says: its `sh` blocks run, one after the other in one shell, and
print what the `text` block behind each says. SEMPER_UPDATE_GOLDEN=1 writes those anew."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness

TUTORIAL = harness.ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"```sh\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)
END = "=== end of the block"


class Tutorial(unittest.TestCase):
    def test_blocks(self):
        text = TUTORIAL.read_text()
        blocks = BLOCK.findall(text)
        script = "exec 2>&1\n" + "".join(f"{commands}\necho '{END}'\n" for commands, _ in blocks)
        with tempfile.TemporaryDirectory(prefix="semper-tutorial-") as folder:
            pathlib.Path(folder, "examples").symlink_to(harness.EXAMPLES)
            path = f"{pathlib.Path(harness.SEMPER).parent}:{os.environ['PATH']}"
            done = subprocess.run(
                ["bash"],
                input=script.encode(),
                stdout=subprocess.PIPE,
                cwd=folder,
                env={**os.environ, "PATH": path},
                timeout=120,
                check=False,
            )
        outputs = done.stdout.decode().split(f"{END}\n")[:-1]
        self.assertEqual(len(outputs), len(blocks))
        self.assertGreater(len(blocks), 5)
        if os.environ.get("SEMPER_UPDATE_GOLDEN"):
            fresh = iter(outputs)
            text = BLOCK.sub(lambda block: filled(block[1], next(fresh)), text)
            TUTORIAL.write_text(text)
        else:
            for (commands, expected), output in zip(blocks, outputs, strict=True):
                self.assertEqual(output, expected, commands)


def filled(commands, output):
    shown = f"\n```text\n{output}```\n" if output else ""
    return f"```sh\n{commands}```\n{shown}"


if __name__ == "__main__":
    harness.main()
