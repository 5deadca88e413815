/** What is said of one of our own metrics. */
export interface MetricRule {
  /** A `count` grows since the start of its process; a `level` is what it is now. All are exposed as gauges. */
  readonly kind: 'count' | 'level';
  readonly help: string;
}

const count = (help: string): MetricRule => ({ kind: 'count', help });
const level = (help: string): MetricRule => ({ kind: 'level', help });

/** Metrics of one queue of callbacks, new ones or replays. */
const sending = (part: string, of: string) => ({
  [`${part}_delivered`]: count(`${of} that a receiver took.`),
  [`${part}_dropped`]: count(`${of} that were given up.`),
  [`${part}_skipped`]: count(`${of} that nobody wants any more, because the app has no receiver for them now.`),
  [`${part}_failed_attempts`]: count(
    `Attempts to send ${of.toLowerCase()} that failed, whether or not a later one succeeded.`,
  ),
  [`${part}_under_way`]: level(`Attempts to send ${of.toLowerCase()} that are under way.`),
});

/**
 * Every metric of our own that `/metrics` may show, by its name. HELP is taken from here, and docs/reference/metrics.md is
 * written from it (`npm run reference`).
 */
export const metricTable: Readonly<Record<string, MetricRule>> = {
  roomtape_store_commits: count('Transactions of the store that were kept.'),
  roomtape_store_rollbacks: count('Transactions of the store that were given up.'),
  roomtape_tasks_created: count('Tasks that were accepted.'),
  roomtape_tasks_restricted: count('Tasks that were refused because of a limit of their app.'),
  roomtape_tasks_overloaded: count('Tasks that were refused because no recorder would carry one more.'),
  roomtape_tasks_stale_reports: count('Reports of recorders that had lost the task meanwhile; they change nothing.'),
  roomtape_backlog_active_tasks: level('Tasks that record or are about to.'),
  roomtape_backlog_unclaimed_tasks: level(
    'Tasks that no recorder has taken. More than 0 for seconds means that recorders are missing or full.',
  ),
  roomtape_backlog_open_jobs: level('Files that are being made or delivered, or wait for it.'),
  roomtape_backlog_jobs_waiting_for_space: level('Files that cannot be made because the disk has no room.'),
  roomtape_backlog_pending_events: level('Callbacks that are not settled.'),
  ...sending('roomtape_callbacks', 'Callbacks'),
  ...sending('roomtape_callbacks_replays', 'Replayed callbacks'),
  roomtape_callbacks_oldest_pending_seconds: level('Age of the oldest callback that is not settled.'),
  roomtape_callbacks_dropped_kept: level('Given-up callbacks that a replay would send.'),
  roomtape_callbacks_replays_waiting: level('Replays that wait to be sent.'),
  roomtape_library_removed_files: count('Files that were deleted from the library.'),
  roomtape_library_removed_bytes: count('Their bytes.'),
  roomtape_library_failed_attempts: count('Deletions that the disk refused; each is tried again.'),
  roomtape_evidence_written: count('Manifests that were written.'),
  roomtape_evidence_failed_attempts: count('Manifests that could not be written; each is tried again.'),
  roomtape_recorders_connected: level('Recorder processes that answer.'),
  roomtape_recorders_tasks: level('Tasks that they hold.'),
  roomtape_recorders_jobs: level('Files that they make or deliver.'),
  roomtape_recorders_busy_permille_mean: level('Share of their time at work in thousandths, mean of all.'),
  roomtape_recorders_busy_permille_most: level('The same of the busiest.'),
  roomtape_recorders_lag_ms: level('How far the slowest is behind what it could have written, in milliseconds.'),
  roomtape_recorders_effort_step: level('Steps of work that the most loaded leaves out to keep up; 0: none.'),
  roomtape_recorders_least_free_mb: level('Free space of the fullest spool, in MiB; absent without recorders.'),
  roomtape_recorders_taking_single: level('Recorders that would take one more recording of single anchors.'),
  roomtape_recorders_taking_mixed: level('Recorders that would take one more mix.'),
  roomtape_rooms_rooms: level('Rooms with somebody in them.'),
  roomtape_rooms_publishers: level('Sessions that publish.'),
  roomtape_rooms_viewers: level('Sessions that watch.'),
  roomtape_rooms_sessions: level('Sessions in all, those that connect included.'),
  roomtape_rooms_received_packets: level(
    'Packets from those who publish now, since they began. So are all of roomtape_rooms_received.',
  ),
  roomtape_rooms_received_bytes: level('Their bytes.'),
  roomtape_rooms_received_malformed: level('Packets that are none.'),
  roomtape_rooms_received_unknown_stream: level('Packets of streams that were not agreed on.'),
  roomtape_rooms_received_duplicates: level('Packets that came twice.'),
  roomtape_rooms_received_nacks_sent: level('Lost packets that were asked for again, each time counted.'),
  roomtape_rooms_received_recovered_by_rtx: level('Lost packets that came again.'),
  roomtape_rooms_received_recovered_by_red: level('Lost packets of sound that a later one had a copy of.'),
  roomtape_rooms_received_lost_for_good: level('Packets that never came.'),
  roomtape_rooms_received_plis_sent: level('Key pictures that were asked for.'),
  roomtape_rooms_received_restarts: level('Streams that began anew: another source, layer or numbering.'),
  roomtape_rooms_feeds_connections: level('Connections of recorders.'),
  roomtape_rooms_feeds_packets: count('Packets that were handed to recorders.'),
  roomtape_rooms_feeds_dropped_video: count('Packets of pictures that a recorder was too slow for.'),
  roomtape_rooms_feeds_dropped_audio: count('Packets of sound that a recorder was too slow for.'),
  roomtape_rooms_feeds_queued_bytes: level('Bytes that wait for recorders.'),
  roomtape_rooms_over_limit_packets: count('Packets above the limits of a session, which were dropped.'),
  roomtape_rooms_over_limit_bytes: count('Their bytes.'),
  roomtape_room_journal_entries: count('Entries of the rooms’ journal that were taken into the store.'),
  roomtape_room_journal_snapshots: count('Times that it was read from a whole picture of the rooms.'),
  roomtape_room_journal_boots: count('Starts of the rooms process that were seen.'),
  roomtape_room_journal_failures: count(
    'Attempts to read it that failed; each is made again. A few while the processes start are normal.',
  ),
  roomtape_auto_record_started: count('Tasks that rules began.'),
  roomtape_auto_record_refused: count('Tasks of rules that a limit or the recorders refused; each is tried again.'),
};
