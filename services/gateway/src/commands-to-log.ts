/** How commands get to the log, for the simulator: its gateways keep the order with the same code. */
export { CommandRouter, InFlight } from './command-router.ts';
export { Pulse } from './pulse.ts';
