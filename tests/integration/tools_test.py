"""The demo's and the tests' own tools, as far as they compute something: no process is started."""

import argparse
import hashlib
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness

from demo import mpegts, options, rates
from demo.grpc import fields
from demo.hls import BadPlaylist, Playlist
from demo.playback import Playback
from demo.publish import NoiseSource, Publisher, read_manifest
from demo.summary import RunResult, ViewerResult, compare

LIVE = """#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:40.500Z
#EXTINF:2.0,
a.ts
#EXTINF:2.0,
#EXT-X-BYTERANGE:100@50
b.ts
#EXTINF:2.0,
#EXT-X-BYTERANGE:10
b.ts
#EXTINF:2.0,
/-/o/3/c/d.ts?token=1
"""


class PlaybackTest(unittest.TestCase):
    def setUp(self):
        self.playback = Playback()
        self.playback.arrived(10.0, 2.0)

    def test_starts_with_the_first_segment_and_does_not_call_waiting_for_it_a_stall(self):
        self.assertEqual((self.playback.stalls, self.playback.buffered(11.0)), (0, 1.0))

    def test_counts_a_stall_from_the_last_picture_to_the_next_segment(self):
        shown, stall = self.playback.arrived(12.5, 2.0)
        self.assertAlmostEqual(stall, 0.5)
        self.assertAlmostEqual(shown, 12.5)
        self.assertEqual(self.playback.stalls, 1)

    def test_shows_an_early_segment_after_those_before_it(self):
        shown, stall = self.playback.arrived(10.5, 2.0)
        self.assertEqual((shown, stall), (12.0, 0.0))

    def test_does_not_stall_while_paused(self):
        self.playback.pause(11.0)
        self.playback.resume(50.0)
        self.assertEqual(self.playback.buffered(50.0), 1.0)
        self.assertEqual(self.playback.stalls, 0)

    def test_does_not_call_a_seek_a_stall(self):
        self.playback.flush(11.0)
        _, stall = self.playback.arrived(14.0, 2.0)
        self.assertEqual((stall, self.playback.buffered(15.0)), (0.0, 1.0))

    def test_counts_the_stall_in_which_the_measurement_ends(self):
        self.playback.finish(15.0)
        self.assertEqual((self.playback.stalls, self.playback.stall_seconds), (1, 3.0))


class PlaylistTest(unittest.TestCase):
    def setUp(self):
        self.playlist = Playlist(LIVE, "http://h/live/stream.m3u8")

    def test_numbers_segments_from_the_media_sequence(self):
        self.assertEqual([s.sequence for s in self.playlist.segments], [7, 8, 9, 10])

    def test_resolves_urls_and_continues_byte_ranges(self):
        self.assertEqual([s.byte_range for s in self.playlist.segments],
                         [None, (50, 100), (150, 10), None])
        self.assertEqual(self.playlist.segments[0].url, "http://h/live/a.ts")
        self.assertEqual(self.playlist.segments[0].init_url, "http://h/live/init.mp4")

    def test_keys_are_paths_as_the_origin_knows_them(self):
        self.assertEqual([s.key for s in self.playlist.segments],
                         ["/live/a.ts", "/live/b.ts@50", "/live/b.ts@150", "/c/d.ts"])

    def test_starts_three_target_durations_behind_the_live_edge(self):
        self.assertEqual(self.playlist.live_start(), 8)

    def test_dates_every_segment_after_the_first_dated_one(self):
        self.assertEqual([s.taken for s in self.playlist.segments], [100.5, 102.5, 104.5, 106.5])

    def test_knows_variants_by_bandwidth(self):
        text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9,CODECS=\"a,b\"\nx/a.m3u8\n"
        self.assertEqual(Playlist(text, "http://h/m.m3u8").variants, [(9, "http://h/x/a.m3u8")])

    def test_replaces_variables(self):
        text = ('#EXTM3U\n#EXT-X-DEFINE:NAME="n",VALUE="v"\n#EXT-X-DEFINE:QUERYPARAM="q"\n'
                "#EXTINF:1,\n{$n}/{$q}.ts\n")
        self.assertEqual(Playlist(text, "http://h/m.m3u8?q=7").segments[0].url, "http://h/v/7.ts")

    def test_refuses_what_is_no_playlist(self):
        for text in ("", "<html>", "#EXTM3U\n#EXTINF:abc,\na.ts\n"):
            with self.assertRaises(BadPlaylist):
                Playlist(text, "http://h/m.m3u8")


class PublisherTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        manifest = os.path.join(self.folder.name, "manifest")
        self.publisher = Publisher(NoiseSource(1000, 1.0), self.folder.name, manifest, window=3)
        self.manifest = manifest

    def test_lists_a_sliding_window(self):
        self.publisher.fill_window()
        self.publisher.publish_next()
        playlist = Playlist(self.publisher.text(), "http://h/live/stream.m3u8")
        self.assertEqual([s.sequence for s in playlist.segments], [1, 2, 3])
        self.assertFalse(playlist.ended)

    def test_counts_discontinuities_that_left_the_window(self):
        self.publisher.source.starts_anew = lambda sequence: sequence == 2
        for _ in range(5):
            self.publisher.publish_next()
        self.assertIn("#EXT-X-DISCONTINUITY\n", self.publisher.text())
        self.publisher.publish_next()
        self.assertNotIn("#EXT-X-DISCONTINUITY\n", self.publisher.text())
        self.assertIn("#EXT-X-DISCONTINUITY-SEQUENCE:1\n", self.publisher.text())

    def test_writes_down_what_each_file_should_be(self):
        self.publisher.fill_window()
        entry = read_manifest(self.manifest)["/live/segment-000002.ts"]
        self.assertEqual((entry["sequence"], entry["bytes"]), (2, 1000))

    def test_vod_lists_everything_and_ends(self):
        self.publisher.kind, self.publisher.ended = "VOD", True
        for _ in range(5):
            self.publisher.publish_next()
        playlist = Playlist(self.publisher.text(), "http://h/live/stream.m3u8")
        self.assertEqual((len(playlist.segments), playlist.ended), (5, True))


class StampTest(unittest.TestCase):
    SEGMENT = (b"\x47\x01\x00\x10" + bytes(184)) * 1000

    def test_no_piece_is_equal_to_one_of_another_number(self):
        one, other = (mpegts.stamp(self.SEGMENT, number) for number in (1, 2))
        size = harness.PIECE_SIZE
        self.assertEqual(len(one), len(other))
        for begin in range(0, len(one), size):
            self.assertFalse(one[begin:begin + size] == other[begin:begin + size], begin)

    def test_adds_null_packets_only(self):
        stamped = mpegts.stamp(self.SEGMENT, 1)
        packets = [stamped[i:i + 188] for i in range(0, len(stamped), 188)]
        kept = [packet for packet in packets if packet[1:3] != b"\x1f\xff"]
        self.assertTrue(b"".join(kept) == self.SEGMENT)

    def test_refuses_what_is_no_transport_stream(self):
        with self.assertRaises(ValueError):
            mpegts.stamp(b"abc", 1)


def viewer_result(**values):
    defaults = dict(segments={"/a": 100, "/b": 100}, received=2, delivered=200, seconds=10.0,
                    startup=0.1, latency=7.0, stalls=0, stall_seconds=0.0, lost=0, corrupt=0,
                    cpu_seconds=0.5, rss_mb=20.0)
    return ViewerResult(**{**defaults, **values})


class SummaryTest(unittest.TestCase):
    def test_floor_is_one_copy_of_everything_when_uplinks_suffice(self):
        run = RunResult([viewer_result() for _ in range(4)], 300, 8, 0)
        self.assertEqual((run.floor(), run.cdn_share()), (0.25, 0.375))

    def test_floor_is_what_uplinks_cannot_carry_when_they_are_scarce(self):
        run = RunResult([viewer_result(uplink=80.0) for _ in range(4)], 500, 8, 0)
        self.assertEqual(run.floor(), (800 - 4 * 100) / 800)

    def test_floor_counts_every_uplink_for_as_long_as_it_was_there(self):
        viewers = [viewer_result(uplink=80.0), viewer_result(uplink=40.0),
                   viewer_result(uplink=80.0, seconds=5.0), viewer_result(uplink=40.0)]
        self.assertEqual(RunResult(viewers, 600, 8, 0).floor(), (800 - 100 - 50 - 50 - 50) / 800)

    def test_one_uplink_without_limit_carries_everything(self):
        viewers = [viewer_result(uplink=80.0), viewer_result()]
        self.assertEqual(RunResult(viewers, 300, 4, 0).floor(), 0.5)

    def test_has_the_promised_keys(self):
        figures = RunResult([viewer_result()], 200, 2, 50).figures()
        with open(os.path.join(options.HERE, "usage.txt"), encoding="utf-8") as usage:
            text = usage.read()
        for key in compare(figures, figures):
            self.assertRegex(text, rf"\b{key}\b")
        self.assertEqual(figures["tracker_bytes_per_viewer_minute"], 300)
        self.assertEqual(figures["client_cpu_s_per_100s"], 5.0)
        self.assertEqual(figures["cdn_requests_per_segment"], 1.0)

    def test_says_what_peers_added(self):
        off = RunResult([viewer_result()], 200, 2, 0).figures()
        on = RunResult([viewer_result(startup=0.15, latency=7.2)], 200, 2, 0).figures()
        both = compare(on, off)
        self.assertEqual((both["startup_added_s"], both["latency_added_s"]), (0.05, 0.2))
        self.assertEqual(both["off"], off)

    def test_is_not_content_with_a_viewer_that_saw_nothing(self):
        self.assertTrue(RunResult([viewer_result()], 0, 0, 0).all_well())
        for flaw in (dict(received=0), dict(lost=1), dict(corrupt=1)):
            run = RunResult([viewer_result(), viewer_result(**flaw)], 0, 0, 0)
            self.assertFalse(run.all_well(), flaw)


class OptionsTest(unittest.TestCase):
    def test_every_option_is_in_the_help_text_and_the_other_way_round(self):
        with open(os.path.join(options.HERE, "usage.txt"), encoding="utf-8") as usage:
            described = set(re.findall(r"^  (--[a-z-]+)", usage.read(), re.MULTILINE))
        known = {name for action in options.make_parser()._actions
                 if action.help != argparse.SUPPRESS
                 for name in action.option_strings if name.startswith("--")}
        self.assertEqual(described, known)

    def test_reads_rates(self):
        for text, bits in (("5Mbit", 5e6), ("800kbit", 8e5), ("1.5mbit/s", 1.5e6)):
            self.assertEqual(rates.bits_per_second(text), bits)
        for text in ("5", "5MB", "-1Mbit", "0Mbit", "fast"):
            with self.assertRaises(argparse.ArgumentTypeError):
                rates.bits_per_second(text)


class ProtobufTest(unittest.TestCase):
    def test_reads_varints_and_bytes(self):
        self.assertEqual(fields(b"\x08\x96\x01\x12\x02ab\x08\x01"), {1: [150, 1], 2: [b"ab"]})


class AgreementTest(unittest.TestCase):
    """The ids as any implementation must compute them, against values worked out by hand."""

    def test_swarm_id(self):
        data = b"\x01\0\0\0" + b"\0\xf0\0\0" + b"h:80" + b"\0" + b"/p.m3u8"
        self.assertEqual(harness.swarm_id("h:80", "/p.m3u8"),
                         hashlib.sha256(data).hexdigest()[:32])


if __name__ == "__main__":
    harness.main()
