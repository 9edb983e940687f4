"""Create or update the environment: ``python3 site/environment.py .venv requirements.txt STAMP``.

Runs on the reader's own Python, before anything is installed, so it uses the standard library only
and says in plain words what is missing. Kept free of newer syntax, or an old Python would stop at a
SyntaxError instead of at the message about its version.
"""

import os
import re
import subprocess
import sys

OLDEST = (3, 11)


def check_python():
    if sys.version_info < OLDEST:
        sys.exit(
            "The course needs Python {}.{} or newer, and {} is Python {}.{}.\n"
            "Install a newer one, then name it: PYTHON=python3.12 make ...".format(
                OLDEST[0], OLDEST[1], sys.executable, sys.version_info[0], sys.version_info[1]
            )
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        sys.exit(
            "{} cannot create virtual environments ({}).\n"
            "On Debian and Ubuntu: sudo apt install python3-venv. "
            "Elsewhere, install a complete Python, then name it: PYTHON=... make ...".format(
                sys.executable, error
            )
        )


def run(*command):
    """Run a command that speaks for itself; end with its status if it fails."""
    status = subprocess.call(command)
    if status:
        sys.exit(
            "This failed, with status {}:\n  {}\n"
            "Nothing is lost: the same make command takes it up again.".format(
                status, " ".join(command)
            )
        )


def pinned(requirements, package):
    """The line ``package==version`` of a requirements file, or None."""
    with open(requirements, encoding="utf-8") as lines:
        match = re.search(r"^{}==\S+".format(package), lines.read(), re.MULTILINE)
    return match.group(0) if match else None


def install(folder, requirements):
    python = os.path.join(folder, "bin", "python")
    # A venv whose interpreter was removed or upgraded away cannot be mended, only made again.
    usable = os.path.exists(python) and subprocess.call([python, "-c", "import pip"]) == 0
    if not usable:
        print("Creating the environment in {}/".format(folder), flush=True)
        run(sys.executable, "-m", "venv", "--clear", folder)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    # pip's progress bar is drawn only on a terminal; --quiet would hide it even there.
    if sys.stdout.isatty():
        pip.remove("--quiet")
    print("Installing {} (the first time takes a few minutes)".format(requirements), flush=True)
    torch = pinned(requirements, "torch")
    if torch and os.environ.get("TORCH_INDEX"):
        run(*(pip + ["--index-url", os.environ["TORCH_INDEX"], "--no-deps", torch]))
    run(*(pip + ["--requirement", requirements]))
    # The package itself, as a link to this checkout: an edit of d2lmini needs no new installation.
    run(*(pip + ["--no-deps", "--editable", "."]))


def main(folder, requirements, stamp):
    check_python()
    os.makedirs("_build", exist_ok=True)
    with open(os.path.join("_build", ".environment.lock"), "w") as lock:
        wait_for(lock)
        if not fresh(stamp, requirements):  # another make may have done it while we waited
            install(folder, requirements)
            with open(stamp, "w") as file:
                file.write(contents(requirements))


def contents(requirements):
    with open(requirements, encoding="utf-8") as file:
        return sys.version + "\n" + file.read()


def fresh(stamp, requirements):
    try:
        with open(stamp, encoding="utf-8") as file:
            done = file.read() == contents(requirements)
    except OSError:
        return False
    if done:
        os.utime(stamp)
    return done


def wait_for(lock):
    try:
        import fcntl
    except ImportError:  # not on Windows; there two builds at once are the user's own care
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("Another command is installing the environment; waiting for it.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


if __name__ == "__main__":
    main(*sys.argv[1:])
