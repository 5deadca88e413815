import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Late } from '../../src/recorder/late.ts';
import { settle, silent } from './recorder-kit.ts';

class Door {
  readonly heard: string[] = [];
  closed = 0;

  close(): void {
    this.closed += 1;
  }
}

const knock =
  (word: string) =>
  (door: Door): void =>
    void door.heard.push(word);

/** A door that opens when told to. */
function slowDoor() {
  const door = new Door();
  const { promise, resolve, reject } = Promise.withResolvers<Door>();
  const faults: unknown[] = [];
  const late = new Late<Door>(silent, (error) => void faults.push(error));
  return {
    door,
    late,
    faults,
    make: () => promise,
    open: () => resolve(door),
    fail: () => reject(new Error('jammed')),
  };
}

test('what comes while it opens waits in order, and what comes later runs at once', async () => {
  const { door, late, make, open } = slowDoor();
  late.run(knock('before opening'));
  assert.equal(late.begun, false);
  late.open(make);
  assert.equal(late.begun, true);
  late.run(knock('while opening'));
  assert.equal(late.value, undefined);
  open();
  assert.equal(await late.settled(), door);
  late.run(knock('after'));
  assert.deepEqual(door.heard, ['before opening', 'while opening', 'after']);
});

test('it is opened once', async () => {
  const { late, make, open } = slowDoor();
  late.open(make);
  late.open(() => assert.fail('opened twice'));
  open();
  await late.settled();
  late.open(() => assert.fail('opened twice'));
});

test('it does not settle before it is open, and settles at once when it never began', async () => {
  const { late, make, open } = slowDoor();
  assert.equal(await late.settled(), undefined);
  late.open(make);
  let settled = false;
  void late.settled().then(() => (settled = true));
  await settle();
  assert.equal(settled, false);
  open();
  await settle();
  assert.equal(settled, true);
});

test('a failure drops what waits and what comes after it, and is told once', async () => {
  const { door, late, faults, make, open, fail } = slowDoor();
  late.run(knock('dropped'));
  late.open(make);
  fail();
  assert.equal(await late.settled(), undefined);
  late.run(() => assert.fail('there is nothing to run with'));
  open();
  await settle();
  assert.deepEqual(door.heard, []);
  assert.deepEqual(faults.map(String), ['Error: jammed']);
});

test('a maker that throws at once fails like one that rejects', async () => {
  const late = new Late<Door>(silent);
  late.run(() => assert.fail('there is nothing to run with'));
  late.open(() => {
    throw new Error('no such folder');
  });
  assert.equal(await late.settled(), undefined);
  assert.equal(late.begun, true);
});

test('closed while it opens, it is closed as soon as it is there, and nothing runs', async () => {
  const { door, late, make, open } = slowDoor();
  late.run(knock('dropped'));
  late.open(make);
  late.close();
  assert.equal(door.closed, 0);
  open();
  assert.equal(await late.settled(), undefined);
  assert.equal(door.closed, 1);
  assert.deepEqual(door.heard, []);
});

test('closed before it opens, it never opens', async () => {
  const late = new Late<Door>(silent);
  late.close();
  late.open(() => assert.fail('opened after it was closed'));
  assert.equal(await late.settled(), undefined);
});

test('closing closes the thing, and runs nothing more', async () => {
  const { door, late, make, open } = slowDoor();
  late.open(make);
  open();
  await late.settled();
  late.close();
  late.run(knock('too late'));
  assert.equal(door.closed, 1);
  assert.deepEqual(door.heard, []);
});
