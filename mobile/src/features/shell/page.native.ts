/** There is no browser around the app on a phone. */
import type { Theme } from '../../ui/theme';

export const usePageLook = (_theme: Theme): void => undefined;
export const usePageTitle = (_unread: number): void => undefined;
