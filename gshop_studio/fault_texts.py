"""What to tell a person about a fault: one text a code, saying what is wrong and what to do. Translated by gettext."""

from __future__ import annotations

from dataclasses import dataclass

from gshop_studio.engine_protocol import Fault
from gshop_studio.reason_texts import REASON_TEXTS
from gshop_studio.texts import catalogue

FAULT_TEXTS = {
    "source.not_found": "There is no source “{source}”. Plug it in, or choose another one.",
    "source.busy": "{source} is in use by another program. Close that program and try again.",
    "source.unreadable": "{source} cannot be read: {reason}.",
    "source.no_audio": "{source} has no sound. Choose another sound source, or silence.",
    "source.no_video": "{source} has no picture. Choose another picture source.",
    "source.lost": "{source} is gone. Plug it in again, or choose another one.",
    "source.back": "{source} is back.",
    "source.bad_name": "'{source}' is not a source. {hint}",
    "screen.unavailable": (
        "{source} cannot be shown: this system does not let other programs read it. "
        "Choose another source; on Linux, log in with X11."
    ),
    "ingest.bad_url": (
        "'{url}' is not an ingest address. "
        "It looks like rtmp://host/app or rtmps://host/app, without user and password."
    ),
    "ingest.unreachable": "{host}:{port} cannot be reached: {reason}. Check the address and the connection.",
    "ingest.timeout": "{host}:{port} did not answer in time.",
    "ingest.certificate": "The certificate of {host} is not valid, so nothing was sent: {reason}.",
    "ingest.refused_key": "The server refused the stream key. Start the show first, then take its key.",
    "ingest.refused": "The server refused the broadcast: {reason}. Check the address; the key is no part of it.",
    "ingest.protocol": "{host}:{port} does not speak RTMP as it should. Check the address and the port.",
    "ingest.closed": "{host}:{port} hung up without a reason. The stream key or the address may be wrong.",
    "ingest.lost": "The connection to {host}:{port} was lost.",
    "ingest.too_slow": "The connection to {host}:{port} is too slow even for the sound. Choose a lower quality.",
    "uplink.slow": "The upload is slower than the picture needs, so its quality is lower for now.",
    "audio.clipping": "The sound is too loud and distorts ({channel}). Turn the gain down, or the microphone itself.",
    "audio.silent": "Nothing is heard on {channel}. Is the microphone muted, unplugged or turned down?",
    "encoder.failed": "The picture or sound could not be encoded: {reason}.",
    "encoder.not_available": "{encoder} cannot be used on this computer. Choose another encoder.",
    "encoder.fell_back": "{encoder} failed; x264 works instead. Choose another encoder before the next show.",
    "overload.cpu": "The processor cannot keep up. Close other programs, or choose a lower quality.",
    "machine.battery_low": "The battery is at {percent} %. Plug the computer in.",
    "machine.hot": "The processor is at {temperature} °C and may slow down. Give it air, or choose a lower quality.",
    "recording.disk_full": "The recording stopped: the disk of {path} is almost full. Make room and record again.",
    "recording.failed": "{path} cannot be recorded: {reason}. Choose another folder and record again.",
    "recording.slow_disk": "The disk of {path} is too slow: a part of the recording is missing. Take a faster disk.",
    "replay.empty": "There is nothing to keep yet. Switch the replay on, go live or record, and wait a few seconds.",
    "recording.unreadable": "{path} cannot be read as a recording: {reason}.",
    "engine.bad_request": "The engine did not understand: {reason}.",
    "engine.broken": "The engine could not do that ({reason}). What is on air goes on; try again.",
    "engine.busy": "That cannot be changed while on air.",
    "engine.start_failed": "The engine did not start: {reason}.",
    "doctor.cancelled": "The check was cancelled.",
    "broadcast.nowhere": "Say where to: --to an ingest, --record into a folder, or both.",
    "key.missing": "No stream key. Set GSHOP_STREAM_KEY, or type it when asked.",
    "stats.unwritable": "The statistics cannot be written to {path}: {reason}.",
    "server.port_taken": "Port {port} is taken. Choose another one, or 0 for any free one.",
    "server.bad_host": "This machine has no address {host} to listen on.",
    "server.data_dir_locked": "Another server is using {path}. Stop it, or choose another --data-dir.",
    "server.data_dir_unwritable": "The data directory {path} cannot be written: {reason}.",
    "server.disk_full": "The disk of {path} is full. Make room and try again.",
    "server.database_unreadable": "The database in {path} cannot be read: {reason}.",
    "server.database_unreachable": "The database {path} cannot be reached: {reason}. Is PostgreSQL running there?",
    "server.database_newer": (
        "The database in {path} was made by a newer version. Install that one, or restore an older backup."
    ),
    "server.no_database": "There is no database in {path}. Start the server there once, or choose another --data-dir.",
    "server.not_ready": "The companion server did not start: {reason}.",
    "server.bad_settings": "These settings do not fit: {reason}.",
    "backup.done": "{path} is written: the database ({size}) and {count} pictures.",
    "backup.without_secret": "The secret key is not in it. Keep {path} in another place, or say --with-secret.",
    "backup.step": "{step} {done} of {total}",
    "backup.database": "Copying the database",
    "backup.pictures": "Pictures:",
    "backup.nothing": "There is no database in {path} to back up.",
    "backup.postgres": (
        "This server keeps its data in PostgreSQL. Back it up with: {command} and copy the pictures in {path} too."
    ),
    "backup.exists": "{path} is there already. Choose another file.",
    "backup.disk_full": "The disk of {path} is full, so no backup was made. Make room and try again.",
    "backup.failed": "The backup was not made: {reason}.",
    "restore.done": "{path} holds what was backed up on {moment}: {count} pictures.",
    "restore.kept_aside": "What was there before is in {path}.",
    "restore.no_secret": "There is no secret key: everybody signs in anew, and shows get new stream keys.",
    "restore.not_there": "There is no file {path}.",
    "restore.unreadable": "{path} is not a backup that can be restored: {reason}.",
    "restore.newer": "{path} was made by version {version}. Install that or a newer one, then restore it.",
    "restore.not_empty": (
        "{path} holds data already. Choose an empty folder, or say --force: what is there is then kept aside."
    ),
    "restore.no_room": "The disk of {path} is too small: {needed} are needed, {free} are free.",
    "restore.postgres": (
        "This server keeps its data in PostgreSQL. Stop all servers, restore with: {command} and copy the pictures to"
        " {path}."
    ),
    "restore.half": "The backup was not restored: {reason}. What was there before is in {path}.",
    "restore.failed": "The backup was not restored, and nothing was changed: {reason}.",
    "role.done": "{email} is {role} now, and has to sign in anew.",
    "role.same": "{email} is {role} already.",
    "role.nobody": "Nobody has an account with {email}. They register first, then you give them the role.",
    "chat_log.whole": "{path} is whole: {count} entries, signed with the key you trust ({key}).",
    "chat_log.whole_by_its_own_key": (
        "{path} is whole by the key it brings along ({key}): {count} entries. Anybody can make such a key; to "
        "know whose it is, say --key with the `publicKey` of the server's /api/v1/live/signing-key."
    ),
    "chat_log.manifest_says": (
        "By its manifest, which is not signed itself: “{title}” ({stream}), log made on {moment}."
    ),
    "chat_log.not_json": "{path} breaks at line {line}: it is not JSON.",
    "chat_log.not_canonical": "{path} breaks at line {line}: it is not written the way the server writes it.",
    "chat_log.not_an_entry": "{path} breaks at line {line}: it is not an entry of a chat log.",
    "chat_log.too_long": "{path} breaks at line {line}: it is longer than a line may be.",
    "chat_log.wrong_hash": (
        "{path} breaks at line {line}: this line was changed, added or moved, or one before it is missing."
    ),
    "chat_log.wrong_order": "{path} breaks at line {line}: it does not follow the one before it.",
    "chat_log.other_stream": "{path} breaks at line {line}: it is of another show.",
    "chat_log.wrong_count": "{path} breaks at line {line}: there are more or fewer lines than its manifest says.",
    "chat_log.wrong_end": "{path} breaks at line {line}: it does not end where it was signed.",
    "chat_log.wrong_key": "{path} was not signed with the key you trust.",
    "chat_log.wrong_signature": "The signature of {path} is false.",
    "chat_log.not_a_zip": "{path} is not a zip file.",
    "chat_log.names": "{path} is not a chat log: it must hold manifest.json and events.ndjson, and nothing else.",
    "chat_log.too_large": "{path} is larger than a chat log may be, so it was not read.",
    "chat_log.damaged": "{path} is damaged. Download it again.",
    "chat_log.manifest": "The manifest in {path} is not that of a chat log.",
    "chat_log.unreadable": "{path} cannot be opened: {reason}.",
    "chat_log.bad_key": (
        "What --key says is not a key. It is the `publicKey` of the server's /api/v1/live/signing-key: 44 "
        "characters, the last a “=”."
    ),
    "display.none": "There is no display here, so the window cannot open. “gshop-studio demo” plays a show without it.",
    "server.unreachable": "The server {url} cannot be reached. Check the address and the connection.",
}


@dataclass(frozen=True, slots=True)
class FaultBecause(Fault):
    """A fault whose `{reason}` is told in the person's language too."""

    reasons: tuple[Fault, ...] = ()


def tell(fault: Fault, language: str) -> str:
    """The fault as a sentence in `language`. A code without a text is told as itself, never hidden."""
    text = FAULT_TEXTS.get(fault.code) or REASON_TEXTS.get(fault.code)
    if text is None:
        return f"{fault.code} {fault.params}" if fault.params else fault.code
    translated = catalogue("shared", language).gettext(text)
    params = _Filled(fault.params)
    if isinstance(fault, FaultBecause):
        params["reason"] = "; ".join(tell(reason, language) for reason in fault.reasons)
    return translated.format_map(params)


class _Filled(dict[str, str]):
    """A parameter that was not given shows as its name."""

    def __missing__(self, key: str) -> str:
        return f"({key})"
