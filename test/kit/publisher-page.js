/* Runs in the page. Draws the same picture as the synthetic anchor and beeps with its flashes. */

const MARK_MS = 100;
/** About a second of them: a machine under load stalls the audio clock, and old samples would hide it. */
const AUDIO_CLOCK_SAMPLES = 80;
const wallMs = () => performance.timeOrigin + performance.now();

/** What one publication holds: its parts, so that the handle can mute, replace and stop them. */
class Publisher {
  constructor(options) {
    this.options = options;
    this.timers = [];
    this.senders = {};
    this.drawn = 0;
    this.latestDrawMs = 0;
  }

  async start() {
    const { options } = this;
    this.tracks = {};
    if (options.video) this.tracks.video = this.startCanvas();
    if (options.audio) this.tracks.audio = await this.startSound();
    this.connection = new RTCPeerConnection();
    for (const kind of ['audio', 'video']) if (this.tracks[kind]) await this.addTrack(kind, this.tracks[kind]);
    await this.post();
    await this.connected();
  }

  async addTrack(kind, track) {
    const transceiver = this.connection.addTransceiver(track, {
      direction: 'sendonly',
      streams: [new MediaStream([track])],
    });
    this.senders[kind] = transceiver.sender;
    if (kind !== 'video') return;
    if (this.options.codec) preferCodec(transceiver, this.options.codec);
    const parameters = transceiver.sender.getParameters();
    parameters.degradationPreference = this.options.degradationPreference;
    if (this.options.maxBitrate)
      for (const encoding of parameters.encodings) encoding.maxBitrate = this.options.maxBitrate;
    await transceiver.sender.setParameters(parameters);
  }

  async post() {
    const { url, token } = this.options;
    await this.connection.setLocalDescription();
    await this.gathered();
    const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${token}` };
    const response = await fetch(url, { method: 'POST', headers, body: this.connection.localDescription.sdp });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`WHIP endpoint answered ${response.status}: ${answer}`);
    this.answer = answer;
    this.resource = new URL(response.headers.get('location'), url).href;
    await this.connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Host candidates come at once; a second is for machines that are busy. */
  gathered() {
    return new Promise((resolve) => {
      const done = () => this.connection.iceGatheringState === 'complete' && resolve();
      this.connection.addEventListener('icegatheringstatechange', done);
      setTimeout(resolve, 1000);
      done();
    });
  }

  connected() {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (this.connection.connectionState === 'connected') resolve();
        if (this.connection.connectionState === 'failed') reject(new Error('The connection failed.'));
      };
      this.connection.addEventListener('connectionstatechange', check);
      check();
    });
  }

  startCanvas() {
    const { width, height, fps } = this.options;
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    document.body.append(canvas);
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false, desynchronized: true });
    const track = canvas.captureStream(0).getVideoTracks()[0];
    const period = 1000 / fps;
    const tick = () => {
      this.draw(wallMs());
      track.requestFrame();
      // Timers may fire a moment early: what is due within two milliseconds counts as done.
      const next = (Math.floor((wallMs() + 2) / period) + 1) * period;
      this.drawTimer = setTimeout(tick, next - wallMs());
    };
    tick();
    return track;
  }

  draw(at) {
    const { colour, name, areas } = this.options;
    const { width, height } = this.canvas;
    const box = ({ left, top, width: w, height: h }) => [left * width, top * height, w * width, h * height];
    this.context.fillStyle = colour;
    this.context.fillRect(0, 0, width, height);
    // A picture drawn a moment before its second belongs to the second.
    if ((at + 2) % 1000 < MARK_MS) {
      this.context.fillStyle = '#ffffff';
      this.context.fillRect(...box(areas.flash));
    }
    this.text(name, areas.name, box);
    this.text(new Date(at).toISOString().slice(11, 23), areas.clock, box);
    this.drawn += 1;
    this.latestDrawMs = at;
  }

  text(text, area, box) {
    const [left, top, width, height] = box(area);
    this.context.fillStyle = '#000000';
    this.context.fillRect(left, top, width, height);
    this.context.fillStyle = '#ffffff';
    this.context.font = `${Math.floor(height * 0.7)}px monospace`;
    this.context.fillText(text, left + 4, top + height * 0.75, width - 8);
  }

  async startSound() {
    const audio = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    this.audio = audio;
    await audio.resume();
    const destination = audio.createMediaStreamDestination();
    const gain = audio.createGain();
    gain.gain.value = 0;
    const tone = audio.createOscillator();
    tone.frequency.value = this.options.beepHz;
    tone.connect(gain).connect(destination);
    tone.start();
    await this.measureAudioClock();
    this.timers.push(setInterval(() => this.scheduleBeeps(gain.gain), 60));
    return destination.stream.getAudioTracks()[0];
  }

  /**
   * The least of wall time less audio time over the last second: at the instant of rendering, which is when a stream
   * destination hands the sound on. Samples taken later are stale by up to one buffer.
   */
  async measureAudioClock() {
    this.audioZeros = [];
    const sample = () => {
      this.audioZeros.push(wallMs() - this.audio.currentTime * 1000);
      if (this.audioZeros.length > AUDIO_CLOCK_SAMPLES) this.audioZeros.shift();
    };
    this.timers.push(setInterval(sample, 10));
    await new Promise((resolve) => setTimeout(resolve, 300));
    sample();
  }

  scheduleBeeps(gain) {
    const now = wallMs();
    const next = Math.ceil((now + 80) / 1000) * 1000;
    // Late, so that a stall of the audio clock since the last beep is known by then.
    if (next <= (this.lastBeepMs ?? 0) || next - now > 220) return;
    this.lastBeepMs = next;
    const at = (next - Math.min(...this.audioZeros) + this.options.beepShiftMs) / 1000;
    gain.setValueAtTime(0, at);
    gain.linearRampToValueAtTime(0.5, at + 0.001);
    gain.setValueAtTime(0.5, at + MARK_MS / 1000 - 0.001);
    gain.linearRampToValueAtTime(0, at + MARK_MS / 1000);
  }

  async stats() {
    const out = { state: this.connection.connectionState, drawn: this.drawn, audio: null, video: null };
    for (const report of (await this.connection.getStats()).values())
      if (report.type === 'outbound-rtp') out[report.kind] = { ...report };
    return out;
  }

  async stop(leave) {
    this.timers.forEach(clearInterval);
    clearTimeout(this.drawTimer);
    if (leave)
      await fetch(this.resource, { method: 'DELETE', headers: { authorization: `Bearer ${this.options.token}` } });
    this.connection.close();
    await this.audio?.close();
  }
}

function preferCodec(transceiver, codec) {
  const { codecs } = RTCRtpSender.getCapabilities('video');
  const wanted = ({ mimeType }) => mimeType.toLowerCase() === `video/${codec}`;
  const repair = ({ mimeType }) => mimeType.toLowerCase() === 'video/rtx';
  transceiver.setCodecPreferences([...codecs.filter(wanted), ...codecs.filter(repair)]);
}

window.kit = {
  async publish(options) {
    window.publisher = new Publisher(options);
    await window.publisher.start();
  },
  mute: (kind, muted) => {
    window.publisher.tracks[kind].enabled = !muted;
  },
  replace: (kind, back) => window.publisher.senders[kind].replaceTrack(back ? window.publisher.tracks[kind] : null),
  resize: (width, height) => Object.assign(window.publisher.canvas, { width, height }),
  stats: () => window.publisher.stats(),
  stop: (leave) => window.publisher.stop(leave),
};
