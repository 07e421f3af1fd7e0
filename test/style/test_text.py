# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What every file looks like, whatever it says."""

import re
import subprocess

import tree

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca)\s*\(")
PROSE = (".c", ".h", ".py", ".md", ".json", ".txt", ".build", ".js", ".mjs", ".html")


def test_clang_format_decides():
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *tree.files(".c", ".h")],
        cwd=tree.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[:5000]


def test_banned_functions_are_not_called():
    wrong = []
    for path in tree.files(".c", ".h"):
        for number, line in enumerate(tree.code(path).split("\n"), 1):
            if BANNED.search(line):
                wrong.append(f"{path}:{number}: {line.strip()}")
    assert not wrong, "\n".join(wrong)


def test_every_source_file_names_its_licence():
    wrong = []
    for path in tree.files(".c", ".h"):
        if not tree.text(path).startswith(
            "/* SPDX-License-Identifier: Apache-2.0 */\n/* SPDX-FileCopyrightText: "
        ):
            wrong.append(str(path))
    for path in tree.files(".py"):
        if not tree.text(path).startswith("# SPDX-License-Identifier: Apache-2.0\n"):
            wrong.append(str(path))
    assert not wrong, "\n".join(wrong)


def test_headers_are_read_once():
    wrong = [str(path) for path in tree.files(".h") if "\n#pragma once\n" not in tree.text(path)]
    assert not wrong, "\n".join(wrong)


def test_lines_end_clean():
    wrong = []
    for path in tree.files(*PROSE):
        if "/corpus/" in str(path):
            continue
        text = tree.text(path)
        if text and not text.endswith("\n"):
            wrong.append(f"{path}: no newline at its end")
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                wrong.append(f"{path}:{number}: white space at the end")
    assert not wrong, "\n".join(wrong)


def test_types_are_structs_without_typedef():
    wrong = []
    for path in tree.product():
        for number, line in enumerate(tree.code(path).split("\n"), 1):
            if re.match(r"\s*typedef\s+(struct|union|enum)\b", line):
                wrong.append(f"{path}:{number}: {line.strip()}")
    assert not wrong, "\n".join(wrong)


def test_open_ends_are_issues_not_comments():
    wrong = []
    for path in tree.files(".c", ".h", ".py"):
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if re.search(r"\b(TODO|FIXME|XXX" + r")\b", line) and path.parts[:2] != ("test", "style"):
                wrong.append(f"{path}:{number}: {line.strip()}")
    assert not wrong, "\n".join(wrong)


def test_scripts_can_be_read_by_their_shell():
    wrong = []
    for path in (
        "test/run",
        ".ci/run",
        "examples/quickstart/run",
        "examples/common.bash",
        "examples/celery/run",
        "examples/nestjs/run",
        "examples/spring-kafka/run",
        "examples/static-site/run",
        "examples/broker/rabbitmq",
        "examples/broker/install",
    ):
        done = subprocess.run(["bash", "-n", tree.ROOT / path], capture_output=True, text=True)
        wrong += [done.stderr] if done.returncode else []
    assert not wrong, "\n".join(wrong)


def test_links_between_documents_lead_somewhere():
    wrong = []
    for path in tree.files(".md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", tree.text(path)):
            if "://" not in target and not target.startswith("mailto:"):
                if not (tree.ROOT / path.parent / target).exists():
                    wrong.append(f"{path}: {target}")
    assert not wrong, "\n".join(wrong)
