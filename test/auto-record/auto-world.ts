import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { AutoRecorder } from '../../src/auto-record/auto-recorder.ts';
import { autoRecordRuleSchema, type AutoRecordRule } from '../../src/auto-record/rule.ts';
import { AutoRecordRules } from '../../src/auto-record/rules.ts';
import { FakeClock } from '../../src/clock.ts';
import { applyPage, readCursor } from '../../src/presence/apply-page.ts';
import type { RoomClient, RoomMoment } from '../../src/presence/messages.ts';
import { IdleRule } from '../../src/recorder/idle-rule.ts';
import { roomKeyText, type RoomKey } from '../../src/room-key.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { TaskRow } from '../../src/store/tables.ts';
import type { TaskControl } from '../../src/tasks/control.ts';
import { planOf } from '../../src/tasks/stored-task.ts';
import type { CapacityRefusal } from '../../src/tasks/service.ts';
import type { LeasedTask } from '../../src/worker-api/messages.ts';
import { oneApp, recordedFile, sdkAppId, serviceOn, silentLog, syncOf, tempFolder } from '../tasks/fixture.ts';

const client: RoomClient = { terminal: 3, userType: 3, software: 'WHIP', address: '' };
const author = { actor: 'tester', origin: 'api' } as const;
/** Leases are not what is tested: they outlast every test. */
const LEASE_MS = 1_000_000_000;

export const roomNamed = (roomId: string): RoomKey => ({ sdkAppId, kind: 'number', roomId });
export const ruleOf = (rule: object): AutoRecordRule => autoRecordRuleSchema.parse(rule);

interface LivingRoom {
  readonly session: number;
  readonly room: RoomKey;
  readonly present: Set<string>;
}

interface Bot {
  readonly task: LeasedTask;
  readonly idle: IdleRule;
  readonly seen: Set<string>;
}

/**
 * Rooms as their journal tells of them, followed into a real store, rules and tasks on it, and bots that stay in the rooms
 * by the recorder's own idle rule. Time moves by {@link AutoWorld.pass} alone.
 */
export class AutoWorld {
  readonly clock = new FakeClock();
  readonly #path: string;
  readonly #refusal: { now: CapacityRefusal | undefined } = { now: undefined };
  readonly #rooms = new Map<string, LivingRoom>();
  readonly #bots = new Map<string, Bot>();
  #store!: Store;
  #tasks!: TaskControl;
  #rules!: AutoRecordRules;
  #recorder!: AutoRecorder;
  #boot = 'a';
  #seq = 0;
  #sessions = 0;
  #pending: { seq: number; atMs: number; session: number; moment: RoomMoment }[] = [];
  #serverIsUp = false;

  private constructor(path: string) {
    this.#path = path;
  }

  static async start(t: TestContext): Promise<AutoWorld> {
    const world = new AutoWorld(join(await tempFolder(t), 'store.sqlite'));
    await world.startServer();
    t.after(() => world.stopServer());
    return world;
  }

  get tasks(): TaskControl {
    return this.#tasks;
  }

  get rules(): AutoRecordRules {
    return this.#rules;
  }

  get recorder(): AutoRecorder {
    return this.#recorder;
  }

  get store(): Store {
    return this.#store;
  }

  async startServer(): Promise<void> {
    this.#store = await openStore({ path: this.#path, clock: this.clock });
    const refusal = (): CapacityRefusal | undefined => this.#refusal.now;
    this.#tasks = await serviceOn(this.#store, this.clock, { leaseMs: LEASE_MS, refusal });
    this.#rules = new AutoRecordRules(this.#store);
    const parts = { store: this.#store, rules: this.#rules, tasks: this.#tasks };
    this.#recorder = new AutoRecorder({ ...parts, clock: this.clock, log: silentLog });
    this.#serverIsUp = true;
    await this.#settle();
  }

  async stopServer(): Promise<void> {
    this.#serverIsUp = false;
    await this.#recorder.close();
    await this.#store.close();
  }

  /** Recorders refuse every task from now on, or none. */
  refuse(why: CapacityRefusal | undefined): void {
    this.#refusal.now = why;
  }

  async setRule(rule: object | undefined): Promise<void> {
    await (rule ? this.#rules.set(sdkAppId, ruleOf(rule), author) : this.#rules.remove(sdkAppId, author));
    await this.#settle();
  }

  /** A user enters and, unless told otherwise, sends sound and picture. */
  async enter(roomId: string, userId: string, { sends = true, robot = false } = {}): Promise<void> {
    const living = this.#rooms.get(roomId) ?? this.#create(roomId, userId);
    if (!robot) living.present.add(userId);
    const who: RoomClient = robot ? { ...client, robot: true } : client;
    this.#tell(living, { kind: 'entered', userId, role: sends ? 20 : 21, client: who });
    for (const media of sends ? (['audio', 'video'] as const) : [])
      this.#tell(living, { kind: 'media', userId, media, on: true });
    await this.#settle();
  }

  async leave(roomId: string, userId: string): Promise<void> {
    const living = this.#rooms.get(roomId)!;
    living.present.delete(userId);
    this.#tell(living, { kind: 'left', userId, reason: 'left' });
    await this.#settle();
  }

  /** Nobody is in the room any more, no bot either; bots that were thrown out tell it only with {@link AutoWorld.pass}. */
  async endRoom(roomId: string): Promise<void> {
    const living = this.#rooms.get(roomId)!;
    for (const userId of living.present) this.#tell(living, { kind: 'left', userId, reason: 'removed' });
    this.#tell(living, { kind: 'destroyed' });
    this.#rooms.delete(roomId);
    await this.#settle();
  }

  /** The rooms role starts anew: all rooms are gone, the bots wait for theirs. */
  async restartRooms(): Promise<void> {
    await this.#settle();
    this.#boot += 'a';
    this.#seq = 0;
    this.#sessions = 0;
    this.#rooms.clear();
    await this.#settle();
  }

  /** A bot leaves with that code, as when it was thrown out. */
  async botLeaves(taskId: string, leaveCode: number): Promise<void> {
    const bot = this.#bots.get(taskId)!;
    this.#bots.delete(taskId);
    const { epoch } = bot.task;
    const files = Array.from(bot.seen, (userId) => recordedFile(userId));
    await this.#tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode, atMs: this.clock.wallMs(), files });
    await this.#settle();
  }

  /** Lets so many seconds pass in steps of `step`, a tenth by default. */
  async pass(seconds: number, step = Math.ceil(seconds / 10)): Promise<void> {
    for (let i = 0; i < seconds; i += step) {
      this.clock.advance(Math.min(step, seconds - i) * 1000);
      await this.#settle();
    }
  }

  /** Tasks by rule in order of their beginning: mode, room, and how they ended. */
  async story(): Promise<string[]> {
    return (await this.taskRows()).map((task) => {
      const end = task.leave_code ?? task.stop_code;
      return `${planOf(task).mode} ${task.room_id} ${end === null ? task.state : `left ${end}`}`;
    });
  }

  /** The same as rows of the store; of those that began at once the single one is first. */
  async taskRows(): Promise<TaskRow[]> {
    const tasks = this.#store.db.selectFrom('task').selectAll().where('auto_session', 'is not', null);
    const rows = await tasks.orderBy('created_ms').execute();
    const rank = (row: TaskRow): number => row.created_ms * 2 + Number(planOf(row).mode === 'mixed');
    return rows.toSorted((a, b) => rank(a) - rank(b));
  }

  /** The bot's view of the room is the journal's. */
  async #settle(): Promise<void> {
    if (!this.#serverIsUp) return;
    await this.#follow();
    await this.#recorder.wake();
    await this.#sync();
    for (const [taskId, bot] of this.#bots) await this.#step(taskId, bot);
    await this.#recorder.wake();
  }

  async #follow(): Promise<void> {
    const { after, boot } = await readCursor(this.#store);
    const fresh = this.#pending.filter(({ seq }) => boot !== this.#boot || seq > after);
    this.#pending = [];
    const page = { boot: this.#boot, upTo: this.#seq, entries: fresh };
    await applyPage(page, { store: this.#store, apps: oneApp(), lastHeardMs: this.clock.wallMs() });
  }

  async #sync(): Promise<void> {
    const held = Array.from(this.#bots.values(), ({ task }) => task);
    const tasks = held.map(({ taskId, epoch, revision }) => ({ taskId, epoch, revision }));
    const { newTasks, stops } = await this.#tasks.sync(syncOf('r', { tasks, wantTasks: 100 }));
    for (const task of newTasks) {
      const idle = new IdleRule(task.plan.maxIdleSeconds, this.clock.wallUs());
      this.#bots.set(task.taskId, { task, idle, seen: new Set() });
      const { epoch } = task;
      await this.#tasks.reportTask(task.taskId, { kind: 'started', epoch, startedMs: this.clock.wallMs() });
    }
    for (const { taskId, leaveCode } of stops) if (this.#bots.has(taskId)) await this.botLeaves(taskId, leaveCode);
  }

  async #step(taskId: string, { task, idle, seen }: Bot): Promise<void> {
    const living = Array.from(this.#rooms.values()).find(({ room }) => roomKeyText(room) === roomKeyText(task.room));
    const present = living?.present ?? new Set<string>();
    for (const userId of present) seen.add(userId);
    idle.onAnchors(present.size, this.clock.wallUs());
    const leaveCode = idle.leaveCode(this.clock.wallUs());
    if (leaveCode !== undefined) await this.botLeaves(taskId, leaveCode);
  }

  #create(roomId: string, userId: string): LivingRoom {
    const living = { session: ++this.#sessions, room: roomNamed(roomId), present: new Set<string>() };
    this.#rooms.set(roomId, living);
    this.#tell(living, { kind: 'created', room: living.room, userId });
    return living;
  }

  #tell({ session }: LivingRoom, moment: RoomMoment): void {
    this.#pending.push({ seq: ++this.#seq, atMs: this.clock.wallMs(), session, moment });
  }
}
