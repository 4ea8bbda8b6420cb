/**
 * The version of the rules that `decide` goes by. Two owners must decide the same at the same offset, in a rolling update too; so each command
 * says in its header `rules` by which version it is to be decided (rule 7). A change that decides a command of before otherwise than before raises this number
 * and keeps the old way for commands with a lower one. Gateways stamp a new version only when all owners know it
 * (CLATTER_GATEWAY_RULES_VERSION); an owner that is asked to decide by one that it does not know stops the partition instead of guessing.
 */
export const RULES_VERSION = 1;

/** A command is to be decided by rules that this release does not have (rule 7). The partition stops, loudly: a newer owner goes on. */
export class UnknownRules extends Error {
  override readonly name = 'UnknownRules';

  constructor(where: string, wanted: number, known: number) {
    super(
      `${where}: want rules up to version ${known}, got a command for version ${wanted}; CLATTER_GATEWAY_RULES_VERSION of a gateway is ahead of this release`,
    );
  }
}
