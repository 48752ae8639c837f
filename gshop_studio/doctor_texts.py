"""What the doctor says of each check, in the person's language: what was found, and what to do. By gettext."""

from __future__ import annotations

from gshop_studio.domain.doctor_report import Check, CheckResult, DoctorReport, Facts, Verdict
from gshop_studio.engine_protocol import Fault
from gshop_studio.fault_texts import FAULT_TEXTS, tell
from gshop_studio.texts import catalogue

CHECK_NAMES = {
    Check.CAMERA: "Camera",
    Check.MICROPHONE: "Microphone",
    Check.ENCODERS: "Encoders",
    Check.SPEED: "Encoding speed",
    Check.UPLOAD: "Upload",
    Check.DISK: "Disk",
    Check.MACHINE: "Computer",
}
VERDICT_WORDS = {
    Verdict.GOOD: "good",
    Verdict.WARN: "attention",
    Verdict.BAD: "bad",
    Verdict.NOT_CHECKED: "not checked",
}
DOCTOR_TEXTS = {
    "doctor.on_air": "Not tried, because it would take from the show that is on air.",
    "doctor.device.unplug": "Unplug it and plug it in again, or choose another one.",
    "doctor.camera.good": "{source} gives a picture.",
    "doctor.camera.in_use": "{source} is open in the studio and gives a picture.",
    "doctor.camera.none": "No camera was found.",
    "doctor.camera.plug_in": "Plug one in, or use a file, the screen or the test card.",
    "doctor.camera.hangs": "{source} was opened and did not answer.",
    "doctor.camera.no_picture": "{source} opens, but gives no picture.",
    "doctor.camera.flat": "The picture of {source} is one colour all over.",
    "doctor.camera.uncover": "Take the cover off the lens, and switch a light on.",
    "doctor.microphone.good": "{source} gives sound without gaps; the loudest was {peak_dbfs} dBFS.",
    "doctor.microphone.in_use": "{source} is open in the studio and gives sound.",
    "doctor.microphone.none": "No microphone was found.",
    "doctor.microphone.plug_in": "Plug one in, or use the sound of a file.",
    "doctor.microphone.hangs": "{source} was opened and did not answer.",
    "doctor.microphone.no_sound": "{source} opens, but no sound comes.",
    "doctor.microphone.gaps": "Of the sound of {source} only {given_percent} % came.",
    "doctor.microphone.other": "Plug it into another socket, without a hub, or choose another one.",
    "doctor.microphone.silent": "{source} works, but it was silent.",
    "doctor.microphone.speak": (
        "Speak while it is tried. If it stays silent, switch it on or raise its level in the system's settings."
    ),
    "doctor.encoders.software": (
        "x264 works. This machine has no hardware encoder that could be opened; none is needed."
    ),
    "doctor.encoders.hardware": "x264 works, and so does {hardware}.",
    "doctor.encoders.none": "x264 cannot be opened: no picture can be sent.",
    "doctor.encoders.reinstall": "Install GSHOP Studio anew.",
    "doctor.encoders.hang": "A hardware encoder did not answer when it was opened.",
    "doctor.encoders.driver": "Choose x264, or bring the graphics driver up to date.",
    "doctor.speed.good": "This machine encodes {quality} {speed} times as fast as needed.",
    "doctor.speed.slow": "This machine encodes {quality} at most: {speed} times as fast as needed.",
    "doctor.speed.too_slow": "This machine is too slow now, even for 360p ({speed} times real time).",
    "doctor.speed.close_programs": "Close other programs, browsers above all, and look again.",
    "doctor.upload.no_address": "The upload was not tried.",
    "doctor.upload.give_one": "Say where to send to: --to rtmp://host/app, and the key in GSHOP_STREAM_KEY.",
    "doctor.upload.sign_in": "Sign in to your shop to try it.",
    "doctor.upload.plenty": "{host}:{port} takes at least {upload_mbps} Mb/s: more than a show needs.",
    "doctor.upload.good": "{host}:{port} takes {upload_mbps} Mb/s, enough for {quality}.",
    "doctor.upload.slow": "{host}:{port} takes only {upload_mbps} Mb/s, enough for {quality}.",
    "doctor.upload.too_slow": "{host}:{port} takes only {upload_mbps} Mb/s: too little even for 360p.",
    "doctor.upload.far": (
        "{host}:{port} takes {upload_mbps} Mb/s, but it is far away: an answer takes {round_trip_ms} ms."
    ),
    "doctor.upload.use_cable": "Use a network cable, stop other uploads and cloud backups, then look again.",
    "doctor.upload.nearer": "Choose an ingest nearer to you, if there is one, and switch a VPN off.",
    "doctor.disk.good": "{path} has {free_gb} GB free: {hours} hours of recording at {quality}.",
    "doctor.disk.short": "{path} has only {free_gb} GB free: {minutes} minutes of recording at {quality}.",
    "doctor.disk.full": "{path} is nearly full: {minutes} minutes of recording at {quality}.",
    "doctor.disk.make_room": "Make room, or record to another disk.",
    "doctor.disk.unwritable": "{path} cannot be written: {reason}.",
    "doctor.disk.hangs": "{path} does not answer.",
    "doctor.disk.other_folder": "Record to another folder.",
    "doctor.machine.good": "Power, heat and other programs are fine.",
    "doctor.machine.unknown": "This machine tells neither its battery nor its heat.",
    "doctor.machine.battery_low": "The battery holds only {battery_percent} % and no charger is connected.",
    "doctor.machine.on_battery": "This machine runs on its battery, which holds {battery_percent} %.",
    "doctor.machine.plug_in": "Connect the charger before the show.",
    "doctor.machine.hot": "The processor is hot: {temperature_c} °C. It will slow down by itself.",
    "doctor.machine.cool_down": "Let it cool down, free its air vents, or choose a lower quality.",
    "doctor.machine.busy": "Other programs use {cpu_percent} % of the processor.",
}
RECOMMENDED = "Recommended quality: {quality}."
NONE_RECOMMENDED = "No quality can be recommended until this is mended."
_COMMA_LANGUAGES = ("es", "pt")


def check_name(check: Check, language: str) -> str:
    """What was looked at, in a word or two."""
    return catalogue("shared", language).gettext(CHECK_NAMES[check])


def verdict_word(verdict: Verdict, language: str) -> str:
    """The verdict in a word."""
    return catalogue("shared", language).gettext(VERDICT_WORDS[verdict])


def tell_result(result: CheckResult, language: str) -> str:
    """What was found and, where there is something to do, what: a sentence or two."""
    facts = result.facts
    if facts.get("source") == "":  # the system's own choice, without a name
        facts = {**facts, "source": check_name(result.check, language)}
    found = _tell_code(result.finding, facts, language)
    return f"{found} {_tell_code(result.advice, facts, language)}" if result.advice else found


def tell_recommendation(report: DoctorReport, language: str) -> str:
    """The advised quality as a sentence; empty where too little was looked at to say."""
    quality = report.recommended_quality
    if quality is not None:
        return catalogue("shared", language).gettext(RECOMMENDED).format(quality=quality.value)
    return catalogue("shared", language).gettext(NONE_RECOMMENDED) if report.has_bad else ""


def _tell_code(code: str, facts: Facts, language: str) -> str:
    words = _Filled({name: _written(value, language) for name, value in facts.items()})
    text = DOCTOR_TEXTS.get(code)
    if text is not None:
        return catalogue("shared", language).gettext(text).format_map(words)
    if code in FAULT_TEXTS:
        return tell(Fault(code, dict(words)), language)
    return code


def _written(value: str | float, language: str) -> str:
    """Whole numbers without decimals, others with one, with the language's own sign between."""
    if isinstance(value, str):
        return value
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
    return text.replace(".", ",") if language in _COMMA_LANGUAGES else text


class _Filled(dict[str, str]):
    """A fact that was not given shows as its name."""

    def __missing__(self, key: str) -> str:
        return f"({key})"
