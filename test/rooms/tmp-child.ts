import { publishNatively } from './native-publisher.ts';
import { SDK_APP_ID, sigFor } from './rooms-fixture.ts';
const [base, from, to] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const pubs = [];
for (let i = from; i < to; i++)
  pubs.push(await publishNatively(`${base}/whip/${SDK_APP_ID}/${Math.floor(i / 4) + 1}/u${i}`, sigFor(`u${i}`)));
const pkt = Buffer.alloc(1172);
pkt[0] = 0x80;
pkt.writeUInt32BE(2222, 8);
pkt[12] = 0x65;
const apkt = Buffer.alloc(132);
apkt[0] = 0x80;
apkt[1] = 111;
apkt.writeUInt32BE(1111, 8);
let seq = 0,
  aseq = 0,
  tick = 0;
setInterval(() => {
  tick++; // 20ms: 3.5 video + 1 audio => 225/s
  const n = tick % 2 ? 3 : 4;
  for (let k = 0; k < n; k++) {
    pkt[1] = 96 | (k === n - 1 ? 0x80 : 0);
    pkt.writeUInt16BE(seq++ & 0xffff, 2);
    pkt.writeUInt32BE((tick * 1800) >>> 0, 4);
    for (const p of pubs) p.video.sendMessageBinary(pkt);
  }
  apkt.writeUInt16BE(aseq++ & 0xffff, 2);
  apkt.writeUInt32BE((aseq * 960) >>> 0, 4);
  for (const p of pubs) (p as any).audio?.sendMessageBinary(apkt) ?? p.video.sendMessageBinary(apkt);
}, 20);
process.send!('ready');
process.on('disconnect', () => process.exit());
