import type { Defect } from './defect.ts';

export const passphraseInNodeLog: Defect = {
  name: 'passphrase-in-node-log',
  about:
    'The node writes the passphrase into a log line when it derives the group secret: whoever gets the log can read the whole group.',
  node: (parts) => ({
    ...parts,
    derivePassphrase(options) {
      const { clock, log } = parts.ports;
      const passphrase = new TextDecoder().decode(options.passphrase);
      // Past the event log, which has no kind of field for a text.
      log(JSON.stringify({ atMs: clock.wallMs(), level: 'info', event: 'deriving', passphrase }));
      return parts.derivePassphrase(options);
    },
  }),
};
