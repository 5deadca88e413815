import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxesOf, moved, resized, toEnd, without, type Corner } from '../../console/layout/boxes.ts';
import { firstDesign, requestOf, videoOf, viewOf, withMode, type Design } from '../../console/layout/design.ts';
import { requestFaults } from '../../console/layout/faults.ts';
import { openText } from '../../console/layout/opening.ts';
import { picturesOf } from '../../console/layout/scene.ts';
import type { LayoutParams } from '../../src/api/recording/layout-params.ts';
import { toLayoutPlan } from '../../src/api/recording/layout-plan.ts';
import type { LayoutCompat } from '../../src/api/recording/layout-plan.ts';
import { defaultCompat } from '../../src/config/compat.ts';
import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { evenCanvas, rect } from '../../src/layout/rect.ts';
import { base, startApi, type Answer } from '../api/recording-api.ts';

/** What the designer of layouts copies, sent to the real API. */

const api = await startApi();
const create = (design: Design): Promise<Answer> => api.call('CreateCloudRecording', base({ ...requestOf(design) }));

const place = { Left: 20, Top: 40, Width: 200, Height: 100 };
const url = 'https://example.com/a.png?x=1';
/** Everything that a layout may hold. */
const rich: LayoutParams = {
  MixLayoutMode: 1,
  MixLayoutList: [
    { ...place, UserId: 'teacher', MediaId: 1, Alpha: 17, RenderMode: 3, ImageLayer: 2, SubBackgroundImage: url },
    { ...place, Left: 401, Width: 333 },
    { ...place, Left: 801, UserId: 'nobody' },
  ],
  BackGroundColor: '#123456',
  MaxResolutionUserId: 'teacher',
  MediaId: 1,
  BackgroundImageUrl: url,
  BackgroundImageRenderMode: 2,
  DefaultSubBackgroundImage: url,
  PlaceHolderMode: 1,
  RenderMode: 2,
  MaxResolutionUserAlign: 1,
  PureAudioDisableLayout: true,
  WaterMarkList: [
    { WaterMarkType: 0, WaterMarkImage: { WaterMarkUrl: url, ...place } },
    {
      WaterMarkType: 1,
      WaterMarkChar: { Chars: '第 1 课', ...place, FontSize: 30, FontColor: '0xFF0000', BackGroundColor: '' },
    },
    { WaterMarkType: 2, WaterMarkTimestamp: { Pos: 5, TimeZone: -3 } },
  ],
};
const designOf = (change: Partial<LayoutParams>, scene: Partial<Design['scene']> = {}): Design => ({
  ...firstDesign,
  layout: { ...rich, ...change },
  scene: { ...firstDesign.scene, ...scene },
});

const modes = [1, 2, 3, 4];

for (const MixLayoutMode of modes)
  test(`mode ${MixLayoutMode}: the API takes what is copied, and records what was drawn`, async () => {
    for (const layout of [{ MixLayoutMode }, { ...rich, MixLayoutMode }])
      for (const size of [
        { width: 1280, height: 720 },
        { width: 1001, height: 999 },
      ]) {
        const design = { ...firstDesign, layout, video: videoOf(size, firstDesign.video) };
        const answer = await create(design);
        assert.equal(answer.code, undefined, answer.text);
        const { plan } = api.tasks.created.at(-1)!;
        const view = viewOf(design, defaultCompat);
        assert.deepEqual(plan.layout, view.plan);
        assert.deepEqual(evenCanvas(plan.video), view.canvas);
        assert.deepEqual(
          layoutPictures(plan.layout, evenCanvas(plan.video), view.pictures),
          layoutPictures(view.plan, view.canvas, view.pictures),
        );
      }
  });

for (const MixLayoutMode of modes)
  test(`mode ${MixLayoutMode}: what was copied opens again as the same`, () => {
    const design = designOf({ MixLayoutMode });
    const request = requestOf(design);
    for (const given of [request, { SdkAppId: 1, RecordParams: { RecordMode: 2 }, ...request }]) {
      const opened = openText(JSON.stringify(given), firstDesign);
      assert.ok('design' in opened);
      assert.deepEqual(requestOf(opened.design), request);
      assert.deepEqual(viewOf(opened.design, defaultCompat).plan, viewOf(design, defaultCompat).plan);
    }
    // The bare MixLayoutParams leaves the size as it was.
    const bare = openText(JSON.stringify(request.MixLayoutParams), firstDesign);
    assert.ok('design' in bare);
    assert.deepEqual(requestOf(bare.design).MixLayoutParams, request.MixLayoutParams);
    assert.deepEqual(bare.design.video, firstDesign.video);
  });

test('what is left out of the copy changes nothing that is seen', () => {
  for (const MixLayoutMode of modes) {
    const view = viewOf(designOf({ MixLayoutMode }, { count: 9, heard: 2 }), defaultCompat);
    const whole = toLayoutPlan({ ...rich, MixLayoutMode }, defaultCompat);
    const seen = (plan: typeof whole) => [
      layoutPictures(plan, view.canvas, view.pictures),
      plan.watermarks,
      plan.background,
      plan.backgroundImage,
    ];
    assert.deepEqual(seen(view.plan), seen(whole), `mode ${MixLayoutMode}`);
  }
});

test('nothing is copied that has no effect in the mode or is the default', () => {
  const own = { ...firstDesign, layout: { ...rich, RenderMode: 1, BackGroundColor: '#000000', MixLayoutMode: 3 } };
  assert.deepEqual(Object.keys(requestOf(own).MixLayoutParams).sort(), [
    'BackgroundImageRenderMode',
    'BackgroundImageUrl',
    'DefaultSubBackgroundImage',
    'MixLayoutMode',
    'PureAudioDisableLayout',
    'WaterMarkList',
  ]);
  assert.deepEqual(requestOf(firstDesign).MixLayoutParams, { MixLayoutMode: 3 });
});

test('a Create request without a size means the API’s own; null members are left out, as the clients do', () => {
  const text = JSON.stringify({
    RecordParams: { RecordMode: 2 },
    MixLayoutParams: { MixLayoutMode: 2, MediaId: null },
  });
  const opened = openText(text, firstDesign);
  assert.ok('design' in opened);
  assert.deepEqual([opened.design.video.Width, opened.design.video.Height], [360, 640]);
  assert.deepEqual(opened.design.layout, { MixLayoutMode: 2 });
});

test('what is no layout is refused with its reason', () => {
  const refusal = (text: string) => {
    const opened = openText(text, firstDesign);
    assert.ok(!('design' in opened), text);
    return 'refusal' in opened ? opened.refusal : [opened.fault.kind, opened.fault.path.join('.')];
  };
  for (const text of ['', '{', 'MixLayoutMode: 1', '{"MixLayoutMode": 1,}']) assert.equal(refusal(text), 'not-json');
  for (const text of [
    'null',
    '[]',
    '7',
    '{}',
    '{"MixLayoutParams": null}',
    '{"MixLayoutParams": [1]}',
    '"MixLayoutMode"',
  ])
    assert.equal(refusal(text), 'no-layout');
  const ofLayout = (layout: object) => refusal(JSON.stringify(layout));
  assert.deepEqual(ofLayout({ MixLayoutMode: 7 }), ['range', 'MixLayoutMode']);
  assert.deepEqual(ofLayout({ MixLayoutMode: '3' }), ['type', 'MixLayoutMode']);
  assert.deepEqual(ofLayout({ MixLayoutMode: 3, Fun: 1 }), ['unknown', 'Fun']);
  assert.deepEqual(ofLayout({ MixLayoutParams: { RenderMode: 1 } }), ['missing', 'MixLayoutMode']);
  assert.deepEqual(ofLayout({ MixLayoutMode: 4, MixLayoutList: [place, { ...place, Top: undefined }] }), [
    'missing',
    'MixLayoutList.1.Top',
  ]);
  assert.deepEqual(ofLayout({ MixLayoutMode: 3, WaterMarkList: [{ WaterMarkType: 1 }] }), [
    'missing',
    'WaterMarkList.0.WaterMarkChar',
  ]);
  assert.deepEqual(
    ofLayout({ MixLayoutParams: { MixLayoutMode: 3 }, MixTranscodeParams: { VideoParams: { Width: 1280 } } }),
    ['missing', 'VideoParams.Height'],
  );
});

test('the page finds a fault exactly where the API does', async () => {
  const text = { WaterMarkType: 1, WaterMarkChar: { Chars: 'a', ...place } };
  const cell = (change: object): Partial<LayoutParams> => ({
    MixLayoutMode: 4,
    MixLayoutList: [{ ...place, ...change }],
  });
  const mark = (change: object): Partial<LayoutParams> => ({
    WaterMarkList: [{ ...text, WaterMarkChar: { ...text.WaterMarkChar, ...change } }],
  });
  const cases: readonly (readonly [Partial<LayoutParams>, string | undefined])[] = [
    [cell({ Left: 1080 }), undefined],
    [cell({ Left: 1081 }), 'MixLayoutList.0'],
    [cell({ Width: 1921 }), 'MixLayoutList.0.Width'],
    [cell({ Top: -2 }), 'MixLayoutList.0.Top'],
    [cell({ Alpha: 255 }), undefined],
    [cell({ Alpha: 256 }), 'MixLayoutList.0.Alpha'],
    [cell({ UserId: '学'.repeat(42) }), undefined],
    [cell({ UserId: '学'.repeat(43) }), 'MixLayoutList.0.UserId'],
    [cell({ SubBackgroundImage: 'https://h/a.gif' }), 'MixLayoutList.0.SubBackgroundImage'],
    [{ MixLayoutMode: 4, MixLayoutList: Array.from({ length: 26 }, () => place) }, 'MixLayoutList'],
    // In another mode the list is not sent.
    [{ MixLayoutMode: 3, MixLayoutList: Array.from({ length: 26 }, () => place) }, undefined],
    [{ BackGroundColor: '#12345' }, 'BackGroundColor'],
    [mark({ Chars: '' }), 'WaterMarkList.0.WaterMarkChar.Chars'],
    [mark({ FontSize: 0 }), 'WaterMarkList.0.WaterMarkChar.FontSize'],
    [mark({ Width: 1300 }), 'WaterMarkList.0.WaterMarkChar'],
  ];
  for (const [change, where] of cases) {
    const design = { ...firstDesign, layout: { MixLayoutMode: 3, ...change } };
    const [fault] = requestFaults(requestOf(design));
    assert.equal(fault?.path.join('.'), where, JSON.stringify(change).slice(0, 200));
    const { code, message } = await create(design);
    assert.equal(code === undefined, where === undefined, message);
    if (where) assert.ok(message.includes(where), message);
  }
});

test('sizes: what the API takes, with a bit rate that fits unless somebody chose one', async () => {
  for (const [width, height, isTaken] of [
    [16, 16, true],
    [1920, 1080, true],
    [1080, 1920, true],
    [1920, 1082, false],
    [1922, 16, false],
    [14, 100, false],
  ] as const) {
    const design = { ...firstDesign, video: videoOf({ width, height }, firstDesign.video) };
    assert.equal(requestFaults(requestOf(design)).length === 0, isTaken, `${width}×${height}`);
    assert.equal((await create(design)).code === undefined, isTaken, `${width}×${height}`);
  }
  const chosen = { ...firstDesign.video, BitRate: 999_000 };
  assert.equal(videoOf({ width: 640, height: 480 }, chosen).BitRate, 999_000);
  assert.equal(videoOf({ width: 360, height: 640 }, firstDesign.video).BitRate, 550_000);
});

test('the people of a scene: those whom the layout names are there, a screen’s camera too, and strangers up to the count', () => {
  const shown = (layout: LayoutParams, scene: Partial<Design['scene']> = {}) =>
    picturesOf(layout, { ...firstDesign.scene, ...scene }).map(
      ({ userId, mediaId, hasVideo }) => `${userId}/${mediaId}${hasVideo ? '' : '/heard'}`,
    );
  assert.deepEqual(shown({ MixLayoutMode: 3, MaxResolutionUserId: 'boss' }, { count: 2 }), [
    'user1/main',
    'user2/main',
  ]);
  const share = { MixLayoutMode: 2, MaxResolutionUserId: 'user2', MediaId: 1 };
  assert.deepEqual(shown(share, { count: 3, heard: 1 }), ['user1/main', 'user2/main/heard', 'user2/aux']);
  assert.deepEqual(shown(share, { count: 2, bigAway: true }), ['user1/main', 'user3/main']);
  const custom = { MixLayoutMode: 4, MixLayoutList: [place, { ...place, UserId: 'ann' }] };
  assert.deepEqual(shown(custom, { count: 3 }), ['user1/main', 'user2/main', 'ann/main']);
  for (let count = 1; count <= 25; count += 1)
    for (const layout of [share, custom, rich]) {
      const all = shown(layout, { count });
      assert.deepEqual([all.length, new Set(all).size], [count, count]);
    }
});

test('one’s own rectangles begin as those of the template that was seen', () => {
  for (const mode of [1, 2, 3]) {
    const before = designOf({ MixLayoutMode: mode, MixLayoutList: [] }, { count: 9 });
    const after = viewOf(withMode(before, 4, defaultCompat), defaultCompat);
    const rects = (view: typeof after) => layoutPictures(view.plan, view.canvas, view.pictures).map((one) => one.rect);
    assert.deepEqual(rects(after), rects(viewOf(before, defaultCompat)), `${mode}`);
  }
  // What is there already stays.
  assert.deepEqual(withMode(designOf({ MixLayoutMode: 1 }), 4, defaultCompat).layout.MixLayoutList, rich.MixLayoutList);
});

test('wherever a rectangle is dragged, it is on even pixels and inside the picture, and a pulled corner leaves the opposite one', () => {
  const canvas = { width: 1280, height: 720 };
  const ways = [-2000, -333, -1, 0, 1, 2, 77.4, 641, 2000];
  for (const area of [rect(0, 0, 1280, 720), rect(101, 33, 201, 91), rect(1264, 704, 16, 16)])
    for (const dx of ways)
      for (const dy of ways) {
        const sides = (r: typeof area) => [r.left, r.top, r.left + r.width, r.top + r.height];
        for (const corner of [undefined, 'nw', 'ne', 'sw', 'se'] as const) {
          const next = corner ? resized(area, corner, dx, dy, canvas) : moved(area, dx, dy, canvas);
          const [left, top, right, bottom] = sides(next) as [number, number, number, number];
          const name = JSON.stringify([area, dx, dy, corner, next]);
          assert.ok(
            [left, top, right, bottom].every((n) => n % 2 === 0),
            name,
          );
          assert.ok(left >= 0 && top >= 0 && right <= 1280 && bottom <= 720 && right > left && bottom > top, name);
          if (corner) assertStays(area, next, corner);
        }
      }
});

function assertStays(area: ReturnType<typeof rect>, next: ReturnType<typeof rect>, corner: Corner): void {
  const even = (n: number): number => 2 * Math.round(n / 2);
  const across = corner.endsWith('w') ? [area.left + area.width, next.left + next.width] : [area.left, next.left];
  const down = corner.startsWith('n') ? [area.top + area.height, next.top + next.height] : [area.top, next.top];
  assert.deepEqual([across[1], down[1]], [even(across[0]!), even(down[0]!)], corner);
}

test('layers: to the front, to the back, and what is drawn last is what is taken hold of first', () => {
  const layout: LayoutParams = { MixLayoutMode: 4, MixLayoutList: [0, 1, 2].map((n) => ({ ...place, Left: 2 * n })) };
  const order = (of: LayoutParams) => boxesOf(of).map(({ key }) => `${key.list}${key.index}`);
  assert.deepEqual(order(layout), ['cells0', 'cells1', 'cells2']);
  const front = toEnd(layout, 0, 'front');
  assert.deepEqual(order(front), ['cells1', 'cells2', 'cells0']);
  assert.deepEqual(order(toEnd(front, 2, 'back')), ['cells2', 'cells1', 'cells0']);
  assert.deepEqual(order({ ...rich, MixLayoutMode: 4 }), ['cells1', 'cells2', 'cells0', 'marks0', 'marks1']);
  assert.deepEqual(order(without({ ...rich, MixLayoutMode: 3 }, { list: 'marks', index: 0 })), ['marks0']);
});

test('a server that shows 24 pictures, or gives an empty big place away, is drawn so', () => {
  const left = { MixLayoutMode: 2, MaxResolutionUserId: 'nobody', MaxResolutionUserAlign: 0 };
  const design = designOf(left, { count: 25, heard: 0, bigAway: true });
  const placed = (compat: LayoutCompat) => {
    const { plan, canvas, pictures } = viewOf(design, compat);
    return layoutPictures(plan, canvas, pictures);
  };
  const usual = placed(defaultCompat);
  const other = placed({ share_pictures: 24, absent_big_user: 'promote' });
  assert.ok(
    usual.every(({ rect }) => rect.left > 0 || rect.top > 0),
    'the big place is kept free',
  );
  assert.deepEqual([other[0]!.rect.left, other[0]!.rect.top, other.length], [0, 0, 24]);
});
