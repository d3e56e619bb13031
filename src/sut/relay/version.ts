/** The version in package.json. */
export const relayVersion = '0.1.0';
