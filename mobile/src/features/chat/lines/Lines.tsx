/**
 * The scrolled lines: they start at the newest, stay there while one looks at it, and keep their place when earlier ones come. Only the
 * last of them are drawn; more as one scrolls up. Not inverted: screen readers and the keyboard go through them in order.
 */
import {
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import {
  type LayoutChangeEvent,
  type NativeScrollEvent,
  type NativeSyntheticEvent,
  Platform,
  ScrollView,
  View,
} from 'react-native';
import { useClient } from '../../../sync/session';
import { COLUMN, space, useWide } from '../../../ui/theme';
import { useToast } from '../../../ui/toast';
import type { Line } from './lines';
import { Loading, ToEnd } from './over';
import { type Keeper, keeperOf } from './scroll';

/** Pixels from the ends of the content. */
const NEAR_END = 80;
const NEAR_START = 600;
/** Lines drawn at first, and more each time one comes near the start. */
const DRAWN_FIRST = 80;
const DRAWN_MORE = 60;
/** Lines drawn before one that is jumped to. */
const DRAWN_BEFORE = 20;

/** Lines that move when others come before them. */
const isNote = (kind: Line['kind']): boolean => kind === 'day' || kind === 'unread';

/** What stands right before a line belongs to it. */
function withNotes(lines: readonly Line[], index: number): number {
  let start = index;
  while (start > 0 && isNote((lines[start - 1] as Line).kind)) start--;
  return start;
}

/** What others may ask of the lines. */
export interface LinesHandle {
  /** Scrolls to a line; as soon as it is among them. */
  show(key: string): void;
}

export function Lines({
  ref,
  conversationId,
  lines,
  unread,
  render,
  end,
  onAtEnd,
}: {
  ref: Ref<LinesHandle>;
  conversationId: string;
  lines: readonly Line[];
  /** Shown where one has scrolled away from them. */
  unread: number;
  render: (line: Line) => ReactNode;
  /** After the last line. */
  end: ReactNode;
  /** Whether the newest lines are looked at. */
  onAtEnd: (atEnd: boolean) => void;
}) {
  const wide = useWide();
  const client = useClient();
  const toast = useToast();
  const scroll = useRef<ScrollView>(null);
  const keeper = useRef<Keeper>(keeperOf(scroll)).current;
  const place = useRef({ atEnd: true, content: 0, view: 0, loading: false, more: true });
  const [atEnd, setAtEnd] = useState(true);
  const [loading, setLoading] = useState(false);
  // The first line that is drawn; none: the last ones are.
  const [from, setFrom] = useState<string>();
  // The line that somebody wants to see and that is not there yet.
  const [wanted, setWanted] = useState<string>();

  const found = from === undefined ? -1 : lines.findIndex(({ key }) => key === from);
  const start = withNotes(lines, found >= 0 ? found : Math.max(0, lines.length - DRAWN_FIRST));
  const drawn = start === 0 ? lines : lines.slice(start);
  const startKey = drawn.find(({ kind }) => !isNote(kind))?.key;

  useImperativeHandle(
    ref,
    () => ({
      show(key) {
        place.current.atEnd = false;
        setAtEnd(false);
        onAtEnd(false);
        setWanted(key);
      },
    }),
    [onAtEnd],
  );

  const toEnd = useCallback((animated: boolean) => scroll.current?.scrollToEnd({ animated }), []);

  const showEarlier = useCallback(async () => {
    const now = place.current;
    if (now.loading) return;
    if (start > 0) return setFrom(lines.slice(Math.max(0, start - DRAWN_MORE)).find(({ kind }) => !isNote(kind))?.key);
    if (!now.more) return;
    now.loading = true;
    setLoading(true);
    try {
      // What comes lies before the first line that is here, and is drawn when one scrolls on.
      setFrom(startKey);
      now.more = await client.loadEarlier(conversationId);
      if (now.content <= now.view) setFrom(undefined);
    } catch (error) {
      if (startKey === undefined) toast((error as Error).message);
    } finally {
      now.loading = false;
      setLoading(false);
    }
  }, [client, conversationId, lines, start, startKey, toast]);

  // Before anything is painted: lines that came or grew move nothing that one looks at.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever changed the lines
  useLayoutEffect(() => {
    if (place.current.atEnd) toEnd(false);
    else keeper.hold();
  }, [drawn.length, startKey, lines, toEnd]);

  useLayoutEffect(() => {
    const index = wanted === undefined ? -1 : lines.findIndex(({ key }) => key === wanted);
    const line = lines[index];
    if (!line) return;
    if (index < start) return setFrom(lines[Math.max(0, index - DRAWN_BEFORE)]?.key);
    setWanted(undefined);
    keeper.show(line.key, index - start, place.current.view);
  }, [wanted, lines, start, keeper]);

  // A place near the start asks for more, also when no scrolling follows: the page was short.
  useEffect(() => {
    if (start === 0 && place.current.content <= place.current.view) void showEarlier();
  }, [start, showEarlier]);

  const onScroll = ({ nativeEvent }: NativeSyntheticEvent<NativeScrollEvent>): void => {
    const { contentOffset, contentSize, layoutMeasurement } = nativeEvent;
    const now = place.current;
    now.atEnd = contentSize.height - layoutMeasurement.height - contentOffset.y < NEAR_END;
    keeper.look();
    if (now.atEnd !== atEnd) {
      setAtEnd(now.atEnd);
      onAtEnd(now.atEnd);
      // Back at the newest, the earlier ones need not be drawn.
      if (now.atEnd) setFrom(undefined);
    }
    if (contentOffset.y < NEAR_START && !now.atEnd) void showEarlier();
  };

  const onContent = (_width: number, height: number): void => {
    place.current.content = height;
    if (place.current.atEnd) toEnd(false);
    else keeper.hold();
    if (height <= place.current.view) void showEarlier();
  };

  const onLayout = ({ nativeEvent }: LayoutChangeEvent): void => {
    place.current.view = nativeEvent.layout.height;
    if (place.current.atEnd) toEnd(false);
  };

  return (
    <View style={{ flex: 1 }}>
      <ScrollView
        ref={scroll}
        role="log"
        accessibilityLabel="Messages"
        onScroll={onScroll}
        scrollEventThrottle={16}
        onContentSizeChange={onContent}
        onLayout={onLayout}
        keyboardShouldPersistTaps="handled"
        maintainVisibleContentPosition={{ minIndexForVisible: 1 }}
        style={Platform.OS === 'web' ? ({ overflowAnchor: 'none' } as object) : {}}
        contentContainerStyle={{
          flexGrow: 1,
          justifyContent: 'flex-end',
          width: '100%',
          maxWidth: COLUMN + 2 * (wide ? space.xl : space.m),
          alignSelf: 'center',
          paddingHorizontal: wide ? space.xl : space.m,
          paddingBottom: space.l,
          paddingTop: space.s,
        }}
      >
        {Platform.OS === 'web'
          ? drawn.map(render)
          : drawn.map((line) => (
              <View key={line.key} onLayout={({ nativeEvent }) => keeper.placed(line.key, nativeEvent.layout.y)}>
                {render(line)}
              </View>
            ))}
        {end}
      </ScrollView>
      {loading && <Loading />}
      {!atEnd && <ToEnd unread={unread} onPress={() => toEnd(true)} />}
    </View>
  );
}
