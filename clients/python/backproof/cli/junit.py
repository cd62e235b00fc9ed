"""Reports as JUnit's XML: a suite for each file, a test case for each judged quantity."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # only written here, never read
from collections.abc import Sequence

from backproof import reporttext, reportwords
from backproof.cli.check import WHOLE, Judged
from backproof.report import CANNOT_JUDGE, RIGHT, WRONG, Block, GradientReport
from backproof.reporttext import Ways

TAGS = {WRONG: "failure", CANNOT_JUDGE: "error"}
REFUSED = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what no XML may hold


def document(found: Sequence[Judged]) -> str:
    """The whole document."""
    root = ET.Element("testsuites", name="backproof check")
    for one in found:
        suite(root, one)
    total(root, root.findall("testsuite/testcase"))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def suite(root: ET.Element, one: Judged) -> None:
    """Nothing; the root has the suite of a file."""
    made = ET.SubElement(root, "testsuite", name=clean(one.name))
    if one.report is None:
        ended(case(made, one, "judged"), CANNOT_JUDGE, one.fault, one.fault)
    else:
        report(made, one, one.report)
    total(made, made.findall("testcase"))


def report(made: ET.Element, one: Judged, found: GradientReport) -> None:
    """Nothing; the suite has a test case for each judged quantity, and one for a verdict that none of them has."""
    text = reporttext.full(found, Ways("--better-point writes one", WHOLE))
    for block in found.judged:
        ended(case(made, one, name(block)), block.verdict, said(block), text)
    if found.verdict != RIGHT and found.verdict not in [block.verdict for block in found.judged]:
        ended(case(made, one, "verdict"), found.verdict, found.summary, text)


def case(made: ET.Element, one: Judged, name: str) -> ET.Element:
    """A test case of a file."""
    return ET.SubElement(made, "testcase", classname=clean(one.name), name=clean(name))


def ended(made: ET.Element, verdict: str, message: str, text: str) -> None:
    """Nothing; a test case that is not right says why."""
    if verdict != RIGHT:
        tag = TAGS.get(verdict, "error")
        ET.SubElement(made, tag, message=clean(message), type=clean(verdict)).text = clean(text)


def name(block: Block) -> str:
    """A block by its list, its path there and its letter."""
    return " ".join(part for part in (block.quantity, block.parameter, f"({reportwords.symbol(block)})") if part)


def said(block: Block) -> str:
    """What is wrong with a block, in a line."""
    numbers = f"relative error {reportwords.off(block)}, tolerance {reportwords.error(block.tolerance)}"
    about = reportwords.about(block)
    return f"{reportwords.symbol(block)}: {numbers}" + (f"; {about}" if about else "")


def total(made: ET.Element, cases: Sequence[ET.Element]) -> None:
    """Nothing; the element says how many test cases there are, and how many failed."""
    made.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error")):
        made.set(attribute, str(sum(each.find(tag) is not None for each in cases)))


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return REFUSED.sub("�", text)
