import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Curve, Timeline } from './report-data.ts';

type Point = Curve['points'][number];

/** What of a witness's value is a quantity over time: its field, how it is called, and how it is scaled. */
const quantities = [
  { field: 'residentBytes', name: 'memory', unit: 'MB', scale: 1e-6 },
  { field: 'openDescriptors', name: 'open descriptors', unit: '', scale: 1 },
] as const;

/** Curves that the record has at least two points of. */
export function curvesOf(record: TrialRecord, sinceMs: (atMs: number) => number): Curve[] {
  const witnesses = entriesOf(record.entries, 'witness');
  const lag: Curve = {
    name: 'lag of the machine',
    unit: 'ms',
    points: entriesOf(record.entries, 'lag').map(({ atMs, timerLagMs }): Point => [sinceMs(atMs), timerLagMs]),
  };
  const pending: Curve = {
    name: 'pending handshakes at the relay',
    unit: '',
    points: witnesses
      .filter(({ name }) => name === 'pending-handshakes')
      .flatMap(({ atMs, value }) =>
        numberIn(value, 'value').map((pendingCount): Point => [sinceMs(atMs), pendingCount]),
      ),
  };
  const names = [...new Set(witnesses.map(({ name }) => name))].filter((name) => name !== 'pending-handshakes');
  const measured = names.flatMap((witness) =>
    quantities.map(
      ({ field, name, unit, scale }): Curve => ({
        name: `${name} (${witness})`,
        unit,
        points: witnesses
          .filter((entry) => entry.name === witness)
          .flatMap(({ atMs, value }) => numberIn(value, field).map((found): Point => [sinceMs(atMs), found * scale])),
      }),
    ),
  );
  return [lag, pending, ...measured].filter(({ points }) => points.length >= 2);
}

/** What the relay reports before the trial and at its end. */
export function figuresOf({ collected }: TrialRecord): Timeline['figures'] {
  const { baseline, stats } = collected.relay;
  if (baseline === null || stats === null) return [];
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    ['relay memory', `${megabytes(baseline.residentBytes)} → ${megabytes(stats.residentBytes)}`],
    ['relay descriptors', `${baseline.openDescriptors} → ${stats.openDescriptors}`],
    ['relay connections accepted', `${stats.accepts - baseline.accepts}`],
    ['records in and out', `${stats.recordsIn - baseline.recordsIn} and ${stats.recordsOut - baseline.recordsOut}`],
  ];
}

function numberIn(value: unknown, field: string): number[] {
  const found = (value as Record<string, unknown> | null)?.[field];
  return typeof found === 'number' ? [found] : [];
}
