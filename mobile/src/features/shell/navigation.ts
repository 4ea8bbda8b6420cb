/** Ways between screens: beside the list a screen takes the place of what was there; on phones it lies on top. */
import { type Href, useRouter } from 'expo-router';
import { useWide } from '../../ui/theme';

export function useGo(): (href: string) => void {
  const router = useRouter();
  const wide = useWide();
  return (href) => (wide ? router.replace(href as Href) : router.push(href as Href));
}

/** The screen gives its place to another one, such as a form to what it made. */
export function useReplace(): (href: string) => void {
  const router = useRouter();
  return (href) => router.replace(href as Href);
}

/** Back to where one came from; to `home`, where the page was opened by its address, and beside the list. */
export function useBack(home = '/'): () => void {
  const router = useRouter();
  const wide = useWide();
  return () => (router.canGoBack() && !wide ? router.back() : router.replace(home as Href));
}
