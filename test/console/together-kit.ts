import type { Page } from 'playwright-core';
import { until } from './console-kit.ts';

/** Looks into the page in which files are played together. Every figure is in milliseconds. */

/** Begins of the files in wall time, by their ids, as the admin API tells them. */
export async function startsOf(page: Page, taskId: string): Promise<Record<string, number>> {
  return page.evaluate(`fetch('/admin/v1/tasks/${encodeURIComponent(taskId)}')
    .then((answer) => answer.json())
    .then(({ files }) => Object.fromEntries(files.map(({ fileId, startMs }) => [fileId, startMs])))`);
}

/** A place of the slider so long after the last has come. */
export const allThere = (starts: Record<string, number>, afterMs: number): string => {
  const all = Object.values(starts);
  return String(Math.floor((Math.max(...all) - Math.min(...all) + afterMs) / 1000) * 1000);
};

/** Who plays at this moment, and where each is in wall time. */
export const positions = (starts: Record<string, number>): string =>
  `[...document.querySelectorAll('.together-picture:not([hidden]) [data-file]:not([hidden])')]
    .filter((one) => !one.paused && !one.seeking && one.readyState >= 3)
    .map((one) => (${JSON.stringify(starts)})[one.dataset.file] + one.currentTime * 1000)`;

/** Waits until so many play no further apart than 80 ms, three looks after another; answers what was seen last. */
export async function untilInStep(page: Page, starts: Record<string, number>, count: number): Promise<number> {
  await page.evaluate('(globalThis.inStep = 0, globalThis.skew = -1)');
  const look = `(() => {
    const at = ${positions(starts)};
    globalThis.skew = Math.max(...at) - Math.min(...at);
    globalThis.inStep = at.length === ${count} && globalThis.skew <= 80 ? globalThis.inStep + 1 : 0;
    return globalThis.inStep >= 3;
  })()`;
  await until(page, look);
  return page.evaluate('Math.round(globalThis.skew * 10) / 10') as Promise<number>;
}

/** Differences between the moments at which pictures show the flash of one second, over so many seconds. */
export async function flashSkews(page: Page, seconds: number): Promise<number[]> {
  return page.evaluate(`new Promise((resolve) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 2, height: 2 });
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    const seen = new Map();
    const end = performance.now() + ${seconds * 1000};
    const look = (now) => {
      for (const video of document.querySelectorAll('.together-picture video:not([hidden])')) {
        pen.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 2, 2, 0, 0, 2, 2);
        const isBright = pen.getImageData(0, 0, 1, 1).data.slice(0, 3).every((part) => part > 200);
        const own = seen.get(video) ?? { isBright: true, at: [] };
        if (isBright && !own.isBright) own.at.push(now);
        own.isBright = isBright;
        seen.set(video, own);
      }
      if (now < end) return requestAnimationFrame(look);
      const [first = { at: [] }, ...others] = seen.values();
      resolve(first.at.map((at) => {
        const near = others.map((other) => other.at.map((one) => one - at).sort((a, b) => Math.abs(a) - Math.abs(b))[0]);
        const all = [0, ...near.filter((one) => one !== undefined && Math.abs(one) < 500)];
        return Math.round(Math.max(...all) - Math.min(...all));
      }));
    };
    requestAnimationFrame(look);
  })`);
}
