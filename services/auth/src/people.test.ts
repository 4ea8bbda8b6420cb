import { peopleContract } from './people.contract.ts';

peopleContract(() => ({}));
