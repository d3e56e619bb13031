import { z } from 'zod';
import { attemptsIn } from './attempts.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({ perNode: z.number().int().positive() });

/** While the relay was killed each node asked for a connection so often at least, by the capture at its interface. */
export const attemptsWhileDown: Checker<z.output<typeof parameters>> = {
  name: 'attempts-while-down',
  role: 'proof',
  about: 'While the relay was down each node tried so often at least to connect, as seen at its interface.',
  parameters,
  judge(record, { perNode }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'kill');
    if (windows.length === 0) clauses.broken('the relay was not killed');
    for (const window of windows) {
      const attempts = attemptsIn(record, window);
      if (attempts === null) {
        clauses.unknown('connections were not captured at every node');
        continue;
      }
      const few = [...attempts].filter(([, times]) => times.length < perNode);
      clauses.none(
        few.map(([node, times]) => `${node} tried ${times.length} times`),
        `nodes that tried fewer than ${perNode} times`,
        `each of ${attempts.size} nodes tried ${perNode} times or more`,
      );
    }
    return clauses.finding();
  },
};
