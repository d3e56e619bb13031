import { ackBeforeCommit } from './ack-before-commit.ts';
import { ackTakenForTheLatest } from './ack-taken-for-the-latest.ts';
import { acknowledgedFromRows } from './acknowledged-from-rows.ts';
import { backoffWithoutJitter } from './backoff-without-jitter.ts';
import { blobDroppedAfterAck } from './blob-dropped-after-ack.ts';
import { bufferNotCleared } from './buffer-not-cleared.ts';
import { busySessionsNotTold } from './busy-sessions-not-told.ts';
import { connectionWishInMemoryOnly } from './connection-wish-in-memory-only.ts';
import { cursorInTwoStatements } from './cursor-in-two-statements.ts';
import { cursorRecomputed } from './cursor-recomputed.ts';
import { cursorSavedBeforeItems } from './cursor-saved-before-items.ts';
import { damageItems } from './damage-items.ts';
import { deadLetterAfterThree } from './dead-letter-after-three.ts';
import type { Defect } from './defect.ts';
import { degradedForEver } from './degraded-for-ever.ts';
import { deliveredToOneIsDelivered } from './delivered-to-one-is-delivered.ts';
import { deliveredWhenSent } from './delivered-when-sent.ts';
import { descriptorLeakedPerPush } from './descriptor-leaked-per-push.ts';
import { deviceNameInRelayLog } from './device-name-in-relay-log.ts';
import { devicesServedInTurn } from './devices-served-in-turn.ts';
import { emptyPageIsAnError } from './empty-page-is-an-error.ts';
import { ephemeralReused } from './ephemeral-reused.ts';
import { expiredRangeIsEmpty } from './expired-range-is-empty.ts';
import { exportKeys } from './export-keys.ts';
import { firstCursorZero } from './first-cursor-zero.ts';
import { groupIdInMetricsLabel } from './group-id-in-metrics-label.ts';
import { halvesTakenAsTheyCome } from './halves-taken-as-they-come.ts';
import { headTakenAsSeen } from './head-taken-as-seen.ts';
import { heartbeatBehindPage } from './heartbeat-behind-page.ts';
import { hiddenFullRescan } from './hidden-full-rescan.ts';
import type { Hook } from './hook.ts';
import { itemStoredTwice } from './item-stored-twice.ts';
import { livenessByWrites } from './liveness-by-writes.ts';
import { lossUntold } from './loss-untold.ts';
import { newIdPerRetry } from './new-id-per-retry.ts';
import { newcomerRefused } from './newcomer-refused.ts';
import { newcomersWaitForSeconds } from './newcomers-wait-for-seconds.ts';
import { newestFirst } from './newest-first.ts';
import { notifyDroppedWhilePulling } from './notify-dropped-while-pulling.ts';
import { numbersFromOldCopy } from './numbers-from-old-copy.ts';
import { onePageIsAll } from './one-page-is-all.ts';
import { outboxClearedOnSend } from './outbox-cleared-on-send.ts';
import { outboxInMemoryOnly } from './outbox-in-memory-only.ts';
import { outstandingInMemoryOnly } from './outstanding-in-memory-only.ts';
import { pagesAtACrawl } from './pages-at-a-crawl.ts';
import { partialFrameStored } from './partial-frame-stored.ts';
import { passphraseInNodeLog } from './passphrase-in-node-log.ts';
import { payloadPushedUnsealed } from './payload-pushed-unsealed.ts';
import { pendingHandshakeKept } from './pending-handshake-kept.ts';
import { provisionalCursor } from './provisional-cursor.ts';
import { pullAndPushDeadlock } from './pull-and-push-deadlock.ts';
import { pushTimeoutAbsolute } from './push-timeout-absolute.ts';
import { rateLimitIsPermanent } from './rate-limit-is-permanent.ts';
import { reconnectPullsFromZero } from './reconnect-pulls-from-zero.ts';
import { residueLost } from './residue-lost.ts';
import { resumeFromMaximum } from './resume-from-maximum.ts';
import { resumesAfterSent } from './resumes-after-sent.ts';
import { retention } from './retention.ts';
import { retryRefusedForEver } from './retry-refused-for-ever.ts';
import { sessionLeftBehind } from './session-left-behind.ts';
import { slowAckRemovesEntry } from './slow-ack-removes-entry.ts';
import { slowPushSentAnew } from './slow-push-sent-anew.ts';
import { slowTakenForDead } from './slow-taken-for-dead.ts';
import { stallStartsOver } from './stall-starts-over.ts';
import { stalledSocketAbandoned } from './stalled-socket-abandoned.ts';
import { storedByteChanged } from './stored-byte-changed.ts';
import { subscribedPerConnect } from './subscribed-per-connect.ts';
import { tombstoneNotApplied } from './tombstone-not-applied.ts';
import { twoSecondsForAHandshake } from './two-seconds-for-a-handshake.ts';
import { unfinishedPushStored } from './unfinished-push-stored.ts';
import { unreadSentAgain } from './unread-sent-again.ts';
import { vectorBeforeItems } from './vector-before-items.ts';
import { vectorBySession } from './vector-by-session.ts';
import { vectorComponentSkipped } from './vector-component-skipped.ts';
import { vectorLastWriterWins } from './vector-last-writer-wins.ts';
import { vectorWrittenLater } from './vector-written-later.ts';
import { welcomeWithinASecond } from './welcome-within-a-second.ts';
import { wholeFramesAreLiveness } from './whole-frames-are-liveness.ts';

/** Every planted defect, by the name that scenarios use. */
export const defects: Readonly<Record<string, Defect>> = byName([
  cursorInTwoStatements,
  firstCursorZero,
  ephemeralReused,
  pendingHandshakeKept,
  deadLetterAfterThree,
  retryRefusedForEver,
  payloadPushedUnsealed,
  passphraseInNodeLog,
  deviceNameInRelayLog,
  groupIdInMetricsLabel,
  storedByteChanged,
  blobDroppedAfterAck,
  itemStoredTwice,
  vectorComponentSkipped,
  tombstoneNotApplied,
  sessionLeftBehind,
  descriptorLeakedPerPush,
  outstandingInMemoryOnly,
  pagesAtACrawl,
  newcomersWaitForSeconds,
  vectorWrittenLater,
  pullAndPushDeadlock,
  newcomerRefused,
  livenessByWrites,
  backoffWithoutJitter,
  notifyDroppedWhilePulling,
  emptyPageIsAnError,
  pushTimeoutAbsolute,
  wholeFramesAreLiveness,
  busySessionsNotTold,
  rateLimitIsPermanent,
  newIdPerRetry,
  outboxClearedOnSend,
  reconnectPullsFromZero,
  slowAckRemovesEntry,
  stalledSocketAbandoned,
  onePageIsAll,
  deliveredToOneIsDelivered,
  deliveredWhenSent,
  cursorSavedBeforeItems,
  headTakenAsSeen,
  vectorBeforeItems,
  ackBeforeCommit,
  cursorRecomputed,
  newestFirst,
  outboxInMemoryOnly,
  partialFrameStored,
  provisionalCursor,
  halvesTakenAsTheyCome,
  slowPushSentAnew,
  degradedForEver,
  slowTakenForDead,
  welcomeWithinASecond,
  twoSecondsForAHandshake,
  vectorLastWriterWins,
  hiddenFullRescan,
  resumeFromMaximum,
  ackTakenForTheLatest,
  residueLost,
  expiredRangeIsEmpty,
  lossUntold,
  numbersFromOldCopy,
  acknowledgedFromRows,
  resumesAfterSent,
  bufferNotCleared,
  vectorBySession,
  subscribedPerConnect,
  stallStartsOver,
  unfinishedPushStored,
  devicesServedInTurn,
  unreadSentAgain,
  connectionWishInMemoryOnly,
  heartbeatBehindPage,
]);

/** Every test hook. */
export const hooks: Readonly<Record<string, Hook>> = byName([exportKeys, damageItems, retention]);

function byName<T extends { readonly name: string }>(all: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(all.map((one) => [one.name, one]));
}
