import { acceptedWithin } from './accepted-within.ts';
import { acceptsWithin } from './accepts-within.ts';
import { ackCursorIsStoredCursor } from './ack-cursor-is-stored-cursor.ts';
import { ackedWhileAway } from './acked-while-away.ts';
import { acksResumeWithin } from './acks-resume-within.ts';
import { acksWithinPull } from './acks-within-pull.ts';
import { arrivesInPieces } from './arrives-in-pieces.ts';
import { attemptFitsLimit } from './attempt-fits-limit.ts';
import { attemptsSpread } from './attempts-spread.ts';
import { attemptsWhileDown } from './attempts-while-down.ts';
import { authorOrderKept } from './author-order-kept.ts';
import { backWithin } from './back-within.ts';
import { backoffObeyed } from './backoff-obeyed.ts';
import { barrierSkew } from './barrier-skew.ts';
import { begunInsideFault } from './begun-inside-fault.ts';
import { bytesAtMost } from './bytes-at-most.ts';
import { bytesForwarded } from './bytes-forwarded.ts';
import { cameBackAt } from './came-back-at.ts';
import { cameBackBehind } from './came-back-behind.ts';
import { caughtUpTogether } from './caught-up-together.ts';
import { caughtUpWithin } from './caught-up-within.ts';
import { changesAccepted } from './changes-accepted.ts';
import type { Checker } from './checker.ts';
import { cleanedUpWhileAway } from './cleaned-up-while-away.ts';
import { connectionReset } from './connection-reset.ts';
import { converges } from './converges.ts';
import { delaysAsOrdered } from './delays-as-ordered.ts';
import { deliveredWithin } from './delivered-within.ts';
import { dialogueCut } from './dialogue-cut.ts';
import { distinctCursors } from './distinct-cursors.ts';
import { dropShare } from './drop-share.ts';
import { endsOkOrRetryable } from './ends-ok-or-retryable.ts';
import { failedSecretsNowhere } from './failed-secrets-nowhere.ts';
import { flatInBlackouts } from './flat-in-blackouts.ts';
import { freshEphemerals } from './fresh-ephemerals.ts';
import { goneFromGap } from './gone-from-gap.ts';
import { goodput } from './goodput.ts';
import { halfOpenSeen } from './half-open-seen.ts';
import { handshakeTook } from './handshake-took.ts';
import { handshakeWithin } from './handshake-within.ts';
import { handshakesNotDegraded } from './handshakes-not-degraded.ts';
import { headNeverGoesBack } from './head-never-goes-back.ts';
import { health } from './health.ts';
import { idleWithin } from './idle-within.ts';
import { inRecords } from './in-records.ts';
import { initiatorFailures } from './initiator-failures.ts';
import { killedAfterBytes } from './killed-after-bytes.ts';
import { killedWhilePending } from './killed-while-pending.ts';
import { killedWhilePulling } from './killed-while-pulling.ts';
import { latencyWithin } from './latency-within.ts';
import { leftConnectedWithin } from './left-connected-within.ts';
import { legalTransitions } from './legal-transitions.ts';
import { lossNamed } from './loss-named.ts';
import { mutationsTurnRed } from './mutations-turn-red.ts';
import { networkAbsent } from './network-absent.ts';
import { neverBeyondStored } from './never-beyond-stored.ts';
import { noDataLoss } from './no-data-loss.ts';
import { noM3Sent } from './no-m3-sent.ts';
import { noMetadataLeak } from './no-metadata-leak.ts';
import { noPendingHandshakeLeft } from './no-pending-handshake-left.ts';
import { noPlaintext } from './no-plaintext.ts';
import { noSessionLeft } from './no-session-left.ts';
import { noSilentCorruption } from './no-silent-corruption.ts';
import { noSplitBrain } from './no-split-brain.ts';
import { noWireErrors } from './no-wire-errors.ts';
import { notHeldBack } from './not-held-back.ts';
import { nothingLeaked } from './nothing-leaked.ts';
import { notifiedOnce } from './notified-once.ts';
import { oneBitDiffers } from './one-bit-differs.ts';
import { oneWayDead } from './one-way-dead.ts';
import { oneWayDelay } from './one-way-delay.ts';
import { operationsEndWithin } from './operations-end-within.ts';
import { outstandingKept } from './outstanding-kept.ts';
import { overlappingOperations } from './overlapping-operations.ts';
import { overlappingPushes } from './overlapping-pushes.ts';
import { packetsDropped } from './packets-dropped.ts';
import { pagesAsked } from './pages-asked.ts';
import { partitionInForce } from './partition-in-force.ts';
import { pendingHandshakesGone } from './pending-handshakes-gone.ts';
import { processStruck } from './process-struck.ts';
import { progressEvery } from './progress-every.ts';
import { pulledAfterZero } from './pulled-after-zero.ts';
import { pulledBytesAtMost } from './pulled-bytes-at-most.ts';
import { pulls } from './pulls.ts';
import { pushesResentAtMost } from './pushes-resent-at-most.ts';
import { pushesSentOnce } from './pushes-sent-once.ts';
import { pushesUnanswered } from './pushes-unanswered.ts';
import { queuedAtOnce } from './queued-at-once.ts';
import { rateLimited } from './rate-limited.ts';
import { readsComplete } from './reads-complete.ts';
import { receivedInOrder } from './received-in-order.ts';
import { receivedOnce } from './received-once.ts';
import { reconnectsAtMost } from './reconnects-at-most.ts';
import { reconnectsPerBlackout } from './reconnects-per-blackout.ts';
import { recordAbsent } from './record-absent.ts';
import { recordCut } from './record-cut.ts';
import { recordsFlat } from './records-flat.ts';
import { relayMemoryGrowsAtMost } from './relay-memory-grows-at-most.ts';
import { resumesAtCursor } from './resumes-at-cursor.ts';
import { resumesUnasked } from './resumes-unasked.ts';
import { retransmissions } from './retransmissions.ts';
import { roundTrips } from './round-trips.ts';
import { sessionGoneWithin } from './session-gone-within.ts';
import { sessionsOnePerDevice } from './sessions-one-per-device.ts';
import { starved } from './starved.ts';
import { statusGoes } from './status-goes.ts';
import { statusNeverTerminal } from './status-never-terminal.ts';
import { stillBehind } from './still-behind.ts';
import { storedOnceSameId } from './stored-once-same-id.ts';
import { storedOnlyWhole } from './stored-only-whole.ts';
import { struckInsidePush } from './struck-inside-push.ts';
import { successWithinAttempts } from './success-within-attempts.ts';
import { syncNotDegraded } from './sync-not-degraded.ts';
import { timesOut } from './times-out.ts';
import { toldOfShutdown } from './told-of-shutdown.ts';
import { tombstonesEverywhere } from './tombstones-everywhere.ts';
import { typedFailure } from './typed-failure.ts';
import { unacknowledgedAtOnce } from './unacknowledged-at-once.ts';
import { unansweredPushNoticed } from './unanswered-push-noticed.ts';
import { unknownAtStrike } from './unknown-at-strike.ts';
import { vectorsApart } from './vectors-apart.ts';

/** Run at the end of every trial, listed in no scenario. */
export const standingChecks: readonly Checker[] = [
  noDataLoss,
  noSilentCorruption,
  noPlaintext,
  converges,
  noMetadataLeak,
  health,
  outstandingKept,
  syncNotDegraded,
  handshakesNotDegraded,
] as readonly Checker[];

/** Every checker a scenario can name beside them. */
const named = [
  backWithin,
  latencyWithin,
  leftConnectedWithin,
  noSplitBrain,
  pushesUnanswered,
  queuedAtOnce,
  backoffObeyed,
  recordsFlat,
  partitionInForce,
  sessionGoneWithin,
  struckInsidePush,
  storedOnlyWhole,
  connectionReset,
  toldOfShutdown,
  distinctCursors,
  ackCursorIsStoredCursor,
  authorOrderKept,
  pulledAfterZero,
  endsOkOrRetryable,
  statusNeverTerminal,
  legalTransitions,
  operationsEndWithin,
  idleWithin,
  sessionsOnePerDevice,
  nothingLeaked,
  typedFailure,
  freshEphemerals,
  successWithinAttempts,
  noM3Sent,
  noPendingHandshakeLeft,
  pendingHandshakesGone,
  noSessionLeft,
  failedSecretsNowhere,
  resumesUnasked,
  resumesAtCursor,
  unansweredPushNoticed,
  attemptsSpread,
  barrierSkew,
  overlappingPushes,
  bytesForwarded,
  recordAbsent,
  recordCut,
  dialogueCut,
  oneBitDiffers,
  initiatorFailures,
  packetsDropped,
  dropShare,
  flatInBlackouts,
  acksResumeWithin,
  reconnectsPerBlackout,
  retransmissions,
  begunInsideFault,
  killedWhilePending,
  killedWhilePulling,
  overlappingOperations,
  halfOpenSeen,
  oneWayDead,
  attemptsWhileDown,
  processStruck,
  networkAbsent,
  cameBackBehind,
  cameBackAt,
  acksWithinPull,
  goodput,
  acceptedWithin,
  rateLimited,
  caughtUpTogether,
  unacknowledgedAtOnce,
  inRecords,
  progressEvery,
  caughtUpWithin,
  receivedOnce,
  pulls,
  roundTrips,
  oneWayDelay,
  handshakeTook,
  handshakeWithin,
  attemptFitsLimit,
  reconnectsAtMost,
  pushesSentOnce,
  pushesResentAtMost,
  receivedInOrder,
  deliveredWithin,
  statusGoes,
  noWireErrors,
  storedOnceSameId,
  neverBeyondStored,
  notifiedOnce,
  bytesAtMost,
  pulledBytesAtMost,
  tombstonesEverywhere,
  vectorsApart,
  readsComplete,
  pagesAsked,
  mutationsTurnRed,
  cleanedUpWhileAway,
  ackedWhileAway,
  delaysAsOrdered,
  changesAccepted,
  killedAfterBytes,
  acceptsWithin,
  unknownAtStrike,
  arrivesInPieces,
  lossNamed,
  goneFromGap,
  headNeverGoesBack,
  starved,
  timesOut,
  notHeldBack,
  stillBehind,
  relayMemoryGrowsAtMost,
] as readonly Checker[];

/** By name: the standing checks and those a scenario can name. */
export const checkers: Readonly<Record<string, Checker>> = Object.fromEntries(
  [...standingChecks, ...named].map((checker) => [checker.name, checker]),
);
