export { type Clatter, startClatter } from './clatter.ts';
