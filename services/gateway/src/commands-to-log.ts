/** How commands get to the log, and who gets what of a channel, for the simulator: its gateways do both with the same code. */
export { Channels } from './channels.ts';
export { CommandRouter, InFlight } from './command-router.ts';
export { OwnChannels } from './own-channels.ts';
export { Pulse } from './pulse.ts';
