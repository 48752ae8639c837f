"""What the doctor found is told in words, in each language, and so is what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from gshop_studio.doctor_texts import (
    CHECK_NAMES,
    DOCTOR_TEXTS,
    NONE_RECOMMENDED,
    RECOMMENDED,
    VERDICT_WORDS,
    tell_recommendation,
    tell_result,
)
from gshop_studio.domain.doctor_report import Check, CheckResult, DoctorReport, Verdict
from gshop_studio.domain.quality import Quality
from gshop_studio.fault_texts import FAULT_TEXTS
from gshop_studio.paths import translations_dir

ROOT = Path(__file__).resolve().parents[2]
_MARKS = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("language", ["es", "pt"])
def test_every_text_is_translated_with_the_same_facts(language: str) -> None:
    with (translations_dir() / "shared" / language / "LC_MESSAGES" / "shared.po").open("rb") as file:
        translated = {message.id: str(message.string) for message in read_po(file, locale=language)}
    texts = {*DOCTOR_TEXTS.values(), *CHECK_NAMES.values(), *VERDICT_WORDS.values(), RECOMMENDED, NONE_RECOMMENDED}
    assert {text for text in texts if not translated.get(text)} == set()
    for text in texts:
        assert sorted(_MARKS.findall(text)) == sorted(_MARKS.findall(translated[text])), text


def test_every_code_of_the_doctor_has_a_text_and_no_text_is_left_over() -> None:
    used: set[str] = set()
    for folder in (ROOT / "encoder" / "doctor", ROOT / "gshop_studio" / "studio"):
        for path in folder.glob("*.py"):
            used |= set(re.findall(r'f?"(doctor\.[a-z_{}]+(?:\.[a-z_]+)?)"', path.read_text()))
    kinds = [(code, kind) for code in used for kind in (("camera", "microphone") if "{kind}" in code else ("",))]
    wanted = {code.replace("{kind}", kind) for code, kind in kinds}
    assert wanted - set(DOCTOR_TEXTS) - set(FAULT_TEXTS) == set()
    assert set(DOCTOR_TEXTS) - wanted == set()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "shop:1935 takes 6.5 Mb/s, enough for 720p."),
        ("es", "shop:1935 recibe 6,5 Mb/s, suficiente para 720p."),
        ("pt", "shop:1935 recebe 6,5 Mb/s, suficiente para 720p."),
    ],
)
def test_numbers_are_written_as_the_language_does(language: str, text: str) -> None:
    facts: dict[str, str | float] = {"host": "shop", "port": "1935", "upload_mbps": 6.5, "quality": "720p"}
    assert tell_result(CheckResult(Check.UPLOAD, Verdict.GOOD, "doctor.upload.good", facts), language) == text


def test_advice_follows_what_was_found_and_faults_speak_for_themselves() -> None:
    silent = CheckResult(Check.MICROPHONE, Verdict.WARN, "doctor.microphone.silent", {"source": ""}, "doctor.on_air")
    assert tell_result(silent, "en").startswith("Microphone works, but it was silent. Not tried")
    refused = CheckResult(Check.UPLOAD, Verdict.BAD, "ingest.refused_key")
    assert tell_result(refused, "en") == FAULT_TEXTS["ingest.refused_key"]
    assert tell_result(CheckResult(Check.DISK, Verdict.BAD, "strange.thing"), "en") == "strange.thing"
    assert "(path)" in tell_result(CheckResult(Check.DISK, Verdict.BAD, "doctor.disk.hangs"), "en")


def test_the_recommendation_is_a_sentence_where_there_is_one() -> None:
    assert tell_recommendation(DoctorReport((), Quality.P720), "es") == "Calidad recomendada: 720p."
    assert tell_recommendation(DoctorReport((), None), "en") == ""
    bad = DoctorReport((CheckResult(Check.UPLOAD, Verdict.BAD, "ingest.timeout"),), None)
    assert tell_recommendation(bad, "en") == NONE_RECOMMENDED
