/** What is said of one of our own metrics. */
export interface MetricRule {
  /** A `count` grows since the start of its process; a `level` is what it is now. All are exposed as gauges. */
  readonly kind: 'count' | 'level';
  readonly help: string;
  /** The same in Chinese, for the documents. */
  readonly helpZh: string;
}

const count = (help: string, helpZh: string): MetricRule => ({ kind: 'count', help, helpZh });
const level = (help: string, helpZh: string): MetricRule => ({ kind: 'level', help, helpZh });

/** Metrics of one queue of callbacks, new ones or replays. */
const sending = (part: string, of: string, ofZh: string) => ({
  [`${part}_delivered`]: count(`${of} that a receiver took.`, `接收端已接收的${ofZh}。`),
  [`${part}_dropped`]: count(`${of} that were given up.`, `已放弃的${ofZh}。`),
  [`${part}_skipped`]: count(
    `${of} that nobody wants any more, because the app has no receiver for them now.`,
    `应用已没有接收端、因而不再发送的${ofZh}。`,
  ),
  [`${part}_failed_attempts`]: count(
    `Attempts to send ${of.toLowerCase()} that failed, whether or not a later one succeeded.`,
    `发送${ofZh}的失败次数，无论后来是否成功。`,
  ),
  [`${part}_under_way`]: level(`Attempts to send ${of.toLowerCase()} that are under way.`, `正在发送的${ofZh}。`),
});

/**
 * Every metric of our own that `/metrics` may show, by its name. HELP is taken from here, and docs/reference/metrics.md is
 * written from it (`npm run reference`).
 */
export const metricTable: Readonly<Record<string, MetricRule>> = {
  roomtape_store_commits: count('Transactions of the store that were kept.', '已提交的事务。'),
  roomtape_store_rollbacks: count('Transactions of the store that were given up.', '已放弃的事务。'),
  roomtape_tasks_created: count('Tasks that were accepted.', '已接受的任务。'),
  roomtape_tasks_restricted: count(
    'Tasks that were refused because of a limit of their app.',
    '因应用限额被拒绝的任务。',
  ),
  roomtape_tasks_overloaded: count(
    'Tasks that were refused because no recorder would carry one more.',
    '因没有录制进程能承担而被拒绝的任务。',
  ),
  roomtape_tasks_stale_reports: count(
    'Reports of recorders that had lost the task meanwhile; they change nothing.',
    '已失去任务的录制进程发来的报告；不产生任何作用。',
  ),
  roomtape_backlog_active_tasks: level('Tasks that record or are about to.', '正在录制或即将开始的任务。'),
  roomtape_backlog_unclaimed_tasks: level(
    'Tasks that no recorder has taken. More than 0 for seconds means that recorders are missing or full.',
    '没有录制进程领取的任务。持续数秒大于 0 说明录制进程不足或已满。',
  ),
  roomtape_backlog_open_jobs: level(
    'Files that are being made or delivered, or wait for it.',
    '正在生成、交付或等待中的文件。',
  ),
  roomtape_backlog_jobs_waiting_for_space: level(
    'Files that cannot be made because the disk has no room.',
    '因磁盘空间不足而无法生成的文件。',
  ),
  roomtape_backlog_pending_events: level('Callbacks that are not settled.', '尚无结果的回调。'),
  ...sending('roomtape_callbacks', 'Callbacks', '回调'),
  ...sending('roomtape_callbacks_replays', 'Replayed callbacks', '重发的回调'),
  roomtape_callbacks_oldest_pending_seconds: level(
    'Age of the oldest callback that is not settled.',
    '最早一条尚无结果的回调已等待的秒数。',
  ),
  roomtape_callbacks_dropped_kept: level('Given-up callbacks that a replay would send.', '已放弃、可重新发送的回调。'),
  roomtape_callbacks_replays_waiting: level('Replays that wait to be sent.', '等待重新发送的回调。'),
  roomtape_library_removed_files: count('Files that were deleted from the library.', '从媒体库删除的文件。'),
  roomtape_library_removed_bytes: count('Their bytes.', '其字节数。'),
  roomtape_library_failed_attempts: count(
    'Deletions that the disk refused; each is tried again.',
    '磁盘拒绝的删除；都会重试。',
  ),
  roomtape_evidence_written: count('Manifests that were written.', '已写入的清单。'),
  roomtape_evidence_failed_attempts: count(
    'Manifests that could not be written; each is tried again.',
    '写入失败的清单；都会重试。',
  ),
  roomtape_recorders_connected: level('Recorder processes that answer.', '有应答的录制进程。'),
  roomtape_recorders_tasks: level('Tasks that they hold.', '它们持有的任务。'),
  roomtape_recorders_jobs: level('Files that they make or deliver.', '它们正在生成或交付的文件。'),
  roomtape_recorders_busy_permille_mean: level(
    'Share of their time at work in thousandths, mean of all.',
    '忙碌时间所占千分比，各进程平均。',
  ),
  roomtape_recorders_busy_permille_most: level('The same of the busiest.', '最忙进程的忙碌千分比。'),
  roomtape_recorders_lag_ms: level(
    'How far the slowest is behind what it could have written, in milliseconds.',
    '最慢的进程落后于可写入内容的毫秒数。',
  ),
  roomtape_recorders_effort_step: level(
    'Steps of work that the most loaded leaves out to keep up; 0: none.',
    '负载最高的进程为跟上进度而省去的步骤数；0 为没有省去。',
  ),
  roomtape_recorders_least_free_mb: level(
    'Free space of the fullest spool, in MiB; absent without recorders.',
    '剩余空间最少的 spool 的可用 MiB；没有录制进程时不输出。',
  ),
  roomtape_recorders_taking_single: level(
    'Recorders that would take one more recording of single anchors.',
    '还能再接一个单流录制的进程数。',
  ),
  roomtape_recorders_taking_mixed: level('Recorders that would take one more mix.', '还能再接一路混流的进程数。'),
  roomtape_rooms_rooms: level('Rooms with somebody in them.', '有人的房间。'),
  roomtape_rooms_publishers: level('Sessions that publish.', '推流会话。'),
  roomtape_rooms_viewers: level('Sessions that watch.', '观看会话。'),
  roomtape_rooms_sessions: level('Sessions in all, those that connect included.', '全部会话，包括正在连接的。'),
  roomtape_rooms_received_packets: level(
    'Packets from those who publish now, since they began. So are all of roomtape_rooms_received.',
    '当前推流者自开始以来发来的包。roomtape_rooms_received 各项同此。',
  ),
  roomtape_rooms_received_bytes: level('Their bytes.', '其字节数。'),
  roomtape_rooms_received_malformed: level('Packets that are none.', '无法识别的包。'),
  roomtape_rooms_received_unknown_stream: level('Packets of streams that were not agreed on.', '未协商的流的包。'),
  roomtape_rooms_received_duplicates: level('Packets that came twice.', '重复的包。'),
  roomtape_rooms_received_nacks_sent: level(
    'Lost packets that were asked for again, each time counted.',
    '请求重传的包，每次请求都计数。',
  ),
  roomtape_rooms_received_recovered_by_rtx: level('Lost packets that came again.', '重传后收到的包。'),
  roomtape_rooms_received_recovered_by_red: level(
    'Lost packets of sound that a later one had a copy of.',
    '由后续包中的冗余副本恢复的音频包。',
  ),
  roomtape_rooms_received_lost_for_good: level('Packets that never came.', '最终没有收到的包。'),
  roomtape_rooms_received_plis_sent: level('Key pictures that were asked for.', '请求的关键帧。'),
  roomtape_rooms_received_restarts: level(
    'Streams that began anew: another source, layer or numbering.',
    '重新开始的流：换了源、层或编号。',
  ),
  roomtape_rooms_feeds_connections: level('Connections of recorders.', '录制进程的连接。'),
  roomtape_rooms_feeds_packets: count('Packets that were handed to recorders.', '交给录制进程的包。'),
  roomtape_rooms_feeds_dropped_video: count(
    'Packets of pictures that a recorder was too slow for.',
    '录制进程来不及接收而丢弃的视频包。',
  ),
  roomtape_rooms_feeds_dropped_audio: count(
    'Packets of sound that a recorder was too slow for.',
    '录制进程来不及接收而丢弃的音频包。',
  ),
  roomtape_rooms_feeds_queued_bytes: level('Bytes that wait for recorders.', '等待交给录制进程的字节。'),
  roomtape_rooms_over_limit_packets: count(
    'Packets above the limits of a session, which were dropped.',
    '超出会话限制而丢弃的包。',
  ),
  roomtape_rooms_over_limit_bytes: count('Their bytes.', '其字节数。'),
  roomtape_room_journal_entries: count(
    'Entries of the rooms’ journal that were taken into the store.',
    '写入 store 的房间日志条目。',
  ),
  roomtape_room_journal_snapshots: count(
    'Times that it was read from a whole picture of the rooms.',
    '从房间全量快照读取的次数。',
  ),
  roomtape_room_journal_boots: count('Starts of the rooms process that were seen.', '观察到的 rooms 进程启动次数。'),
  roomtape_room_journal_failures: count(
    'Attempts to read it that failed; each is made again. A few while the processes start are normal.',
    '读取失败的次数；都会重试。进程启动期间出现几次属于正常。',
  ),
  roomtape_auto_record_started: count('Tasks that rules began.', '由规则开始的任务。'),
  roomtape_auto_record_refused: count(
    'Tasks of rules that a limit or the recorders refused; each is tried again.',
    '被限额或录制进程拒绝的规则任务；都会重试。',
  ),
};
