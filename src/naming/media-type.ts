/** Media types under which finished media is stored and served, by its form; HLS by RFC 8216 §4 and §10. */
export const mediaTypes = {
  mp4: 'video/mp4',
  aac: 'audio/aac',
  hls: 'application/vnd.apple.mpegurl',
  hlsSegment: 'video/mp2t',
} as const;
