import type { FeedPacket } from '../../src/feed/messages.ts';
import type { RecordedFeed } from '../rooms/rooms-fixture.ts';
import type { ReceivedMedia, ReceivedPacket } from './received-file.ts';

/** What a feed brought of one user's main picture and sound, in order of sequence numbers; the track stands for the SSRC. */
export function feedMedia(feed: RecordedFeed, userId: string): ReceivedMedia {
  const tracks = feed
    .of('started')
    .map(({ track }) => track)
    .filter((track) => track.userId === userId && track.mediaId === 'main');
  const packets = (media: 'audio' | 'video'): ReceivedPacket[] => {
    const track = tracks.find((candidate) => candidate.media === media)?.track;
    return feed.packets
      .filter((packet) => packet.track === track)
      .sort((a, b) => a.seq - b.seq)
      .map(asReceived);
  };
  const reports = feed.of('sender-report').map(({ track, ntpUs, rtp }) => ({ ssrc: track, ntpUs, rtp }));
  return { audio: packets('audio'), video: packets('video'), reports };
}

const asReceived = ({ track, timestamp, marker, payload }: FeedPacket): ReceivedPacket => ({
  ssrc: track,
  timestamp,
  marker,
  payload: Buffer.from(payload),
});
