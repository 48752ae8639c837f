"""What a publisher's media and data messages mean: tags in one era of time, and the description of the media."""

from __future__ import annotations

from collections.abc import Iterator

from gshop_studio.rtmp.aggregate import split_aggregate
from gshop_studio.rtmp.command import decode_values
from gshop_studio.rtmp.events import AudioReceived, MetadataReceived, VideoReceived
from gshop_studio.rtmp.flv import is_video_info, parse_audio, parse_video
from gshop_studio.rtmp.limits import AmfLimits
from gshop_studio.rtmp.message import Message, MessageType
from gshop_studio.rtmp.timestamps import TimestampUnwrapper


class MediaIntake:
    """One for a connection."""

    def __init__(self, amf_limits: AmfLimits) -> None:
        self._amf_limits = amf_limits
        self._unwrapper = TimestampUnwrapper()

    def media(self, message: Message) -> Iterator[VideoReceived | AudioReceived]:
        """The tags in an audio, video or aggregate message.

        Raises:
            RtmpError: `bad_video`, `bad_audio` or `unsupported_codec`.
        """
        if message.type_id != MessageType.AGGREGATE:
            yield from self._tag(message)
            return
        for inner in split_aggregate(message):
            yield from self._tag(inner)

    def data(self, message: Message) -> Iterator[MetadataReceived]:
        """The metadata in a data message, if it is that.

        Raises:
            RtmpError: `bad_amf` or `amf_budget`.
        """
        values = decode_values(message, self._amf_limits)
        if values and values[0] == "@setDataFrame":
            values = values[1:]
        if len(values) > 1 and values[0] == "onMetaData" and isinstance(values[1], dict):
            yield MetadataReceived(dict(values[1]))

    def _tag(self, message: Message) -> Iterator[VideoReceived | AudioReceived]:
        """Empty tags, with which some encoders mark an end or a pause, are passed over."""
        body = message.body
        if message.type_id == MessageType.VIDEO and body and not is_video_info(body):
            video = parse_video(body)
            yield VideoReceived(self._time(message, is_config=video.is_config), video)
        elif message.type_id == MessageType.AUDIO and body:
            audio = parse_audio(body)
            yield AudioReceived(self._time(message, is_config=audio.is_config), audio)

    def _time(self, message: Message, *, is_config: bool) -> int:
        """Configurations often carry a 0 that means nothing."""
        return self._unwrapper.peek(message.timestamp) if is_config else self._unwrapper.unwrap(message.timestamp)
