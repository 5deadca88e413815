/** Settings of a receiving session; times in microseconds. */
export interface ReceiverOptions {
  /** SSRC that our RTCP speaks as. libwebrtc's own receive-only value by default. */
  readonly ssrc?: number;
  /** CNAME of our RTCP. */
  readonly cname?: string;
  /** True when `a=rtcp-rsize` was negotiated: feedback then goes without a report before it (RFC 5506). */
  readonly reducedSize?: boolean;
  /** How long a gap may be reordering before it is asked for. */
  readonly reorderUs?: number;
  /** How long a lost packet is asked for. */
  readonly giveUpUs?: number;
  /** Most packets of one stream that are waited for. */
  readonly maxMissing?: number;
  /** Time between transport-wide feedbacks. Shorter lets the sender's estimate rise sooner. */
  readonly feedbackIntervalUs?: number;
  /** Time between receiver reports. */
  readonly reportIntervalUs?: number;
}

/** `ReceiverOptions` with every default filled in. */
export type ReceiverSettings = Required<ReceiverOptions>;

/** Defaults of `ReceiverOptions`. */
export const receiverDefaults: ReceiverSettings = {
  ssrc: 1,
  cname: 'roomtape',
  reducedSize: false,
  reorderUs: 5_000,
  giveUpUs: 1_000_000,
  maxMissing: 1_000,
  feedbackIntervalUs: 100_000,
  reportIntervalUs: 1_000_000,
};
