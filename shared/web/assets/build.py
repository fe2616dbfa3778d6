"""Builds what browsers load: style sheet, scripts, icons, each under a name that holds a hash of its content.

    python shared/web/assets/build.py --node /usr/bin/node

Needs only the standard library, Node and the packages of package.json in node_modules; writes shared/web/static with a manifest.
"""

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MODULES = ROOT / "node_modules"
STATIC = HERE.parent / "static"
SCRIPTS = ("app.js", "live.js")
"""On every page, on the pages whose figures follow by themselves, and on those where files are added."""
COMPRESS = (".css", ".js", ".svg")
NEEDED = ("govuk-frontend/dist/govuk/_base.scss", "htmx.org/dist/htmx.min.js", "sass/sass.js", "esbuild/bin/esbuild")


class Failed(Exception):
    """The build cannot go on; the text says what is wrong and what to do."""


def build(node: str, modules: Path = MODULES, static: Path = STATIC) -> dict[str, str]:
    """Build everything into `static`. Answers the manifest: plain name -> hashed name."""
    missing = [name for name in NEEDED if not (modules / name).is_file()]
    if missing:
        raise Failed(f"{modules} lacks {', '.join(missing)}: run make setup (or npm ci --ignore-scripts), then build again")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run(
            [
                node,
                modules / "sass" / "sass.js",
                f"--load-path={modules}",
                "--style=compressed",
                "--no-charset",
                "--no-source-map",
                "--quiet-deps",
                HERE / "app.scss",
                work / "app.css",
            ]
        )
        for script in SCRIPTS:
            run(
                [
                    *esbuild(node, modules),
                    HERE / script,
                    "--bundle",
                    "--minify",
                    "--format=esm",
                    "--target=es2020",
                    "--legal-comments=none",
                    f"--outfile={work / script}",
                    "--log-level=warning",
                ],
                NODE_PATH=str(modules),
            )
        shutil.copyfile(modules / "htmx.org" / "dist" / "htmx.min.js", work / "htmx.js")
        strip_source_map(work / "htmx.js")
        for icon in HERE.glob("*.svg"):
            shutil.copyfile(icon, work / icon.name)
        return publish(work, static)


def esbuild(node: str, modules: Path) -> list[str | Path]:
    """How to call esbuild: its install script, which npm was told not to run, would have put the program in the place of the launcher."""
    program = modules / "esbuild" / "bin" / "esbuild"
    return [node, program] if program.read_bytes()[:2] == b"#!" else [program]


def strip_source_map(script: Path) -> None:
    """Take away the pointer to a source map that is not shipped, so that no browser asks for it."""
    lines = script.read_text(encoding="utf-8").splitlines()
    script.write_text("\n".join(line for line in lines if not line.startswith("//# sourceMappingURL")), encoding="utf-8")


def publish(work: Path, static: Path) -> dict[str, str]:
    """Move the built files to `static` under hashed names, with a gzip beside each, and the manifest last."""
    manifest: dict[str, str] = {}
    fresh = static.with_name(f"{static.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for path in sorted(work.iterdir()):
        content = path.read_bytes()
        name = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
        (fresh / name).write_bytes(content)
        if path.suffix in COMPRESS:
            (fresh / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        manifest[path.name] = name
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    shutil.rmtree(static, ignore_errors=True)
    fresh.rename(static)
    return manifest


def run(command: list[str | Path], **environment: str) -> None:
    """Run one tool; `Failed` with what it said where it did not work."""
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"{Path(str(command[1])).name} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the pages' assets.")
    parser.add_argument("--node", default=shutil.which("node") or "node", help="the Node program to use")
    try:
        manifest = build(parser.parse_args().node)
    except (Failed, OSError) as error:
        print(f"The assets were not built: {error}", file=sys.stderr)
        return 1
    for name, hashed in manifest.items():
        packed = STATIC / f"{hashed}.gz"
        print(f"{name:<14} {packed.stat().st_size / 1000:6.1f} kB compressed" if packed.is_file() else name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
