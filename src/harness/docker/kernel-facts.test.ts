import { describe, expect, test } from '@jest/globals';
import { diskSyncMsMax, diskSyncMsOf, expectFastDisk } from './kernel-facts.ts';

const line = (seconds: string) => `4096 bytes (4.1 kB, 4.0 KiB) copied, ${seconds} s, 3.3 MB/s`;

describe('what a disk takes for a write that it must have', () => {
  test.each([
    { seconds: ['0.00123'], ms: 1.23 },
    { seconds: ['0.021', '0.003', '10.5'], ms: 21 },
    { seconds: ['9.1e-05', '0.1', '0.00009'], ms: 0.09 },
  ])('of $seconds s the median is $ms ms', ({ seconds, ms }) => {
    expect(diskSyncMsOf(seconds.map(line).join('\n'))).toBe(ms);
  });

  test('what is no such line is an error that shows it', () => {
    expect(() => diskSyncMsOf('dd: failed to open /data/probe')).toThrow(
      /expected how long .* got "dd: failed to open/,
    );
  });

  test.each([
    { diskSyncMs: diskSyncMsMax, isRefused: false },
    { diskSyncMs: diskSyncMsMax + 0.01, isRefused: true },
  ])('$diskSyncMs ms: refused $isRefused', ({ diskSyncMs, isRefused }) => {
    const judge = () => expectFastDisk({ diskSyncMs });
    if (isRefused) expect(judge).toThrow(/after 20.01 ms \(median of 20\), expected at most 20 ms/);
    else expect(judge).not.toThrow();
  });
});
