# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the source tree, for the checks beside this one."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED = 77


def tracked_files():
    """Paths from the root, sorted: what git tracks, or without git all but build folders and results."""
    listing = None
    if os.path.exists(os.path.join(ROOT, '.git')):
        try:
            # The tree may belong to another user than the one who tests it.
            listing = subprocess.run(['git', '-c', 'safe.directory=*', '-C', ROOT, 'ls-files', '-z'],
                                     capture_output=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            listing = None
    if listing is not None:
        paths = [os.fsdecode(path) for path in listing.split(b'\0') if path]
        return sorted(path for path in paths if os.path.isfile(os.path.join(ROOT, path)))
    paths = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith('build') and f not in ('.git', '__pycache__', 'results')]
        paths += [os.path.relpath(os.path.join(folder, f), ROOT) for f in files]
    return sorted(paths)


def read(path):
    with open(os.path.join(ROOT, path), 'rb') as file:
        return file.read()
