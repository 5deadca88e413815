/** A test that proves something, by its file under `test/` and the beginning of its title. */
export type Proof = readonly [file: string, title: string];

/** What users of other room recorders complain about, where they did, and what shows that it does not happen here. */
export interface Complaint {
  readonly complaint: string;
  readonly threads: readonly string[];
  readonly proofs: readonly Proof[];
  /** What of it is not done, and why. */
  readonly later?: string;
}

/** From public issue threads. The order is theirs who collected them. */
export const complaints: readonly Complaint[] = [
  {
    complaint: 'audio and video drift apart, or are out of step from the start',
    threads: ['livekit/server-sdk-go #341', 'jibri #388', 'egress #847'],
    proofs: [
      ['timeline/complaints.test.ts', 'A/V drifts (livekit/server-sdk-go #341, jibri #388)'],
      ['timeline/complaints.test.ts', 'audio and video that start at different times are in sync (egress #847)'],
      ['timeline/day.test.ts', '26 hours without a single sender report stay within 20 ms'],
      ['e2e/room.test.ts', 'beeps meet flashes in every single file'],
      ['mixed/mixed-recording.test.ts', 'flash and beep meet within half a tick'],
    ],
  },
  {
    complaint: 'rounding adds up because cuts are relative',
    threads: ['BigBlueButton #11683'],
    proofs: [
      ['complaints/files.test.ts', 'BigBlueButton #11683:'],
      ['mixed/parts.test.ts', 'ticks of 26 hours at odd rates: absolute, never accumulated'],
      ['finish/split.test.ts', '150 s in parts of a minute: pictures, flashes and beeps go on'],
    ],
  },
  {
    complaint: 'a pause without a timestamp gap, or a gap without a pause',
    threads: ['Janus #2292', 'Janus #2573'],
    proofs: [
      ['timeline/complaints.test.ts', 'a pause of ${seconds} s without a timestamp gap (Janus #2292)'],
      ['timeline/complaints.test.ts', 'a gap in timestamps without a pause (Janus #2573)'],
      ['single/single-recording.test.ts', 'a muted microphone and a lost stretch are silence'],
    ],
  },
  {
    complaint: 'one timestamp jump makes a sample hours long',
    threads: ['MediaMTX #4711', 'MediaMTX #5984'],
    proofs: [
      ['timeline/complaints.test.ts', 'one crazy timestamp (MediaMTX #4711)'],
      ['timeline/complaints.test.ts', 'timestamps that are nothing but noise (MediaMTX #5984)'],
      ['mixed/parts.test.ts', 'a wild stamp does not hold the queue back'],
    ],
  },
  {
    complaint: 'the first offset of sound and pictures is ignored; a file begins with a track, not with the recording',
    threads: ['SRS #4230'],
    proofs: [
      [
        'timeline/complaints.test.ts',
        'audio and video that start at different times are in sync (egress #847), late tracks',
      ],
      ['single/single-recording.test.ts', 'video that begins late begins late in the file'],
      ['mixed/attendance.test.ts', 'who was heard and seen when'],
    ],
  },
  {
    complaint: 'the first seconds are lost; the start is never signalled',
    threads: ['SRS #4418', 'livekit #2827', 'egress #827', 'egress #911'],
    proofs: [
      ['timeline/complaints.test.ts', 'first seconds are not lost (SRS #4418)'],
      ['mixed/mixed-recording.test.ts', 'background until the first key frame'],
      [
        'recorder/mixed-room-recording.test.ts',
        'everybody who came and went while the encoders were opening is in the file',
      ],
      ['complaints/files.test.ts', 'OpenVidu #252, egress #827, egress #911:'],
      ['e2e/room.test.ts', 'flashes stand at whole wall seconds: the start stamp is right to 100 ms'],
    ],
  },
  {
    complaint: 'recordings are never produced, or show the crash page of a browser',
    threads: ['OpenVidu #433', 'OpenVidu #252'],
    proofs: [
      ['tasks/life.test.ts', 'exactly one 312 however often the last job is reported'],
      ['tasks/giving-up.test.ts', 'a file that fails its checks three times is stuck'],
      ['finish/finish-file.test.ts', 'what cannot be finished is refused with its reason'],
      ['complaints/files.test.ts', 'OpenVidu #252, egress #827, egress #911:'],
    ],
  },
  {
    complaint: 'no index after a crash; nothing is finished after a restart',
    threads: ['jibri #413', 'Ant Media #2030'],
    proofs: [
      [
        'segment/recover.test.ts',
        'a writer killed at any moment loses no picture that it had handed in, and the MP4 plays',
      ],
      ['e2e/kill.test.ts', 'recorders killed: the tasks are taken over (306)'],
      ['e2e/drain.test.ts', 'SIGTERM in the middle of a recording: the task resumes'],
      ['tasks/leases.test.ts', 'a finishing job is leased, fenced and taken over like a task'],
    ],
  },
  {
    complaint:
      'an upload fails and the file is deleted; one failure makes later ones look like successes; files are left behind',
    threads: ['egress #329', 'egress #1284', 'Ant Media #2598'],
    proofs: [
      ['recorder/finish-runner.test.ts', 'the segments go only when the server has accepted the finished file'],
      ['recorder/finish-runner.test.ts', 'a failed job is reported and its segments stay'],
      ['recorder/finish-runner.test.ts', 'jobs do not know of each other'],
      ['recorder/spool-sweep.test.ts', 'only what the server has committed is removed'],
      ['tasks/giving-up.test.ts', '312 waits for the other files of a task with a stuck one'],
      ['deliver/bucket.test.ts', 'other bytes than were sent are found out'],
      ['upload/live-uploader.test.ts', 'a store that fails is told once, tried again'],
      ['upload/complete-upload.test.ts', 'a store that does not take everything: the fault is told'],
    ],
  },
  {
    complaint: 'a disconnect of 100 to 500 ms ends the recording',
    threads: ['egress #210'],
    proofs: [
      ['complaints/files.test.ts', 'egress #210:'],
      ['recorder/task-run.test.ts', 'a lost room feed is joined again, and anchors that are still there do not leave'],
      ['rooms/room.test.ts', 'keeps an anchor whose transport died until the silence is over the limit'],
      ['e2e/kill.test.ts', 'rooms killed: anchors publish again into the same task and files'],
    ],
  },
  {
    complaint: 'large machines refuse or fail with few recordings',
    threads: ['egress #999', 'egress #1160', 'egress #912'],
    proofs: [
      ['recorder/load-meter.test.ts', 'what one more mix costs is learnt from those that run'],
      ['recorder/load-meter.test.ts', 'mixes that turn out cheap let more in'],
      ['recorder/recorder.test.ts', 'a recorder that falls behind leaves something out of every mix'],
      ['e2e/capacity.test.ts', 'a recorder that is as busy as it may be is known by what it measures'],
    ],
  },
  {
    complaint: 'black or frozen after the video stops or a key frame is lost; the lowest layer stays',
    threads: ['egress #823', 'BigBlueButton #14202'],
    proofs: [
      ['timeline/complaints.test.ts', 'black or frozen after a lost key frame (egress #823, BigBlueButton #14202)'],
      ['rtp/receiver.test.ts', 'simulcast: one layer is forwarded, the one with more bytes takes over'],
      ['mixed/mixed-recording.test.ts', 'broken units: the last good picture stays until the next key frame'],
      ['mixed/layouts.test.ts', 'fill black: a camera that stops or is switched off turns black and comes back'],
      ['single/black-fill.test.ts', 'three seconds without pictures and it is black until they return'],
      ['segment/loss.test.ts', 'after lost bytes the section ends, a key frame is asked for'],
    ],
  },
  {
    complaint: 'an app in the background: the timeline is skipped',
    threads: ['mediasoup3-record-demo #91'],
    proofs: [
      [
        'timeline/complaints.test.ts',
        'replaceTrack(null): numbers go on, timestamps jump with the wall clock, the gap stays a gap',
      ],
      [
        'single/single-recording.test.ts',
        'an anchor who leaves and returns goes on in the same file, the gap is silence',
      ],
      ['complaints/files.test.ts', 'mediasoup3-record-demo #91:'],
    ],
  },
  {
    complaint: 'webhooks are missing, or dropped after half a minute or when many wait',
    threads: ['livekit #3976', 'egress #862'],
    proofs: [
      ['callbacks/delivery.test.ts', 'events that waited for a restart are delivered'],
      ['callbacks/delivery.test.ts', 'a failing task does not hold up another one'],
      ['callbacks/delivery.test.ts', 'many tasks at once arrive once each, in order per task'],
      ['callbacks/delivery.test.ts', 'E17: a receiver that answers 500 gets identical bytes'],
      ['e2e/drain.test.ts', 'callbacks that found nobody are delivered after a restart of the server'],
      ['store/store.test.ts', 'kill -9 in the middle of commits loses nothing that was acknowledged'],
    ],
  },
  {
    complaint: 'the recording does not stop when the room ends',
    threads: ['egress #815', 'OpenVidu #804'],
    proofs: [
      ['recorder/leases.test.ts', 'idle means no anchors'],
      ['recorder/task-run.test.ts', 'an empty room ends the task with 99 after MaxIdleTime'],
      ['recorder/task-run.test.ts', 'each ejection has its LeaveCode'],
      ['e2e/rules.test.ts', 'an empty room: Idle, then LeaveCode 99 after MaxIdleTime'],
      ['e2e/rules.test.ts', 'an anchor that vanishes is gone after the timeout'],
    ],
  },
  {
    complaint: 'pause and resume are wanted',
    threads: ['egress #195'],
    proofs: [],
    later: 'an extension of our own, for which the wire contract has no word',
  },
];
