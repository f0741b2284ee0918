# SPDX-License-Identifier: Apache-2.0
"""Writes the JUnit XML of one test that was a command.

Usage: junit.py FILE SUITE NAME STATUS LOG"""

import sys
import xml.etree.ElementTree as tree

SHOWN = 4000


def printable(text):
    """XML has no place for most control characters."""
    return "".join(c if c in "\n\t" or c >= " " else "?" for c in text)


def main():
    path, suite, name, status, log = sys.argv[1:]
    root = tree.Element("testsuite", name=suite)
    case = tree.SubElement(root, "testcase", classname=suite, name=name)
    if status != "0":
        with open(log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        tree.SubElement(case, "failure", message=f"exit status {status}").text = printable(text[-SHOWN:])
    tree.ElementTree(root).write(path, encoding="utf-8")


if __name__ == "__main__":
    main()
