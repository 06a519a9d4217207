import { blastRadius } from './blast-radius.js';
import { drawMarkdown } from './draw-markdown.js';
import { drawMermaid } from './draw-mermaid.js';
import { drawSvg } from './draw-svg.js';
import { auth, fleetOf, notes, people, registry, users } from '../../../test/fleet.js';
import { edgesOf, type Edge } from './reach.js';

const lines = (edges: readonly Pick<Edge, 'from' | 'to' | 'via' | 'as' | 'routes'>[]) =>
  edges.map(({ from, to, via, as, routes }) => `${from} ${to} ${as} ${via} ${routes.length}`);

describe('edgesOf', () => {
  it('draws only who gets to some route, by what the guard would decide', () => {
    expect(lines(edgesOf(fleetOf()))).toEqual([
      'notes people user self-issued 1',
      'web-1 notes itself granted 1',
      'web-1 notes user granted 2',
    ]);
  });

  it('lets nobody speak for users whom only one of grant and trust entry names', () => {
    const elsewhere = 'https://elsewhere.example/user/';
    const [web] = registry.clients;
    const grants = [{ ...web!.grants[0], subjects: [elsewhere] }];
    const edges = edgesOf(fleetOf(undefined, { ...registry, clients: [{ ...web, grants }] }));
    expect(lines(edges)).not.toContainEqual(expect.stringContaining('web-1 notes user'));
    const narrower = [{ ...web!.grants[0], subjects: [`${users}team/`] }];
    const some = edgesOf(
      fleetOf(undefined, { ...registry, clients: [{ ...web, grants: narrower }] }),
    );
    expect(some.find(({ as, from }) => as === 'user' && from === 'web-1')?.subjects).toBe(
      `${users}team/`,
    );
  });
});

describe('blastRadius', () => {
  it('tells what a key opens itself, and through the services that it gets to', () => {
    const opened = blastRadius('web-1', fleetOf());
    expect(opened.map(({ to, as, via, through }) => [to, as, via, ...through].join(' '))).toEqual([
      'notes itself granted',
      'notes user granted',
      'people user through notes',
    ]);
  });

  it('tells of an authorization server everything that its tokens open', () => {
    const server = {
      ...notes,
      service: 'auth-server',
      publicUrl: `${auth}/`,
      audiences: { admin: `${auth}/admin` },
      calls: [],
      routes: [],
    };
    const opened = blastRadius('auth-server', fleetOf([server, notes, people]));
    const direct = opened.filter(({ through }) => through.length === 0);
    expect(
      direct.map(({ to, as, via, caller = 'any' }) => [to, as, via, caller].join(' ')),
    ).toEqual(
      expect.arrayContaining([
        'notes itself issued web',
        'notes user issued any',
        'notes user issued web',
        'people user issued any',
      ]),
    );
  });

  it('comes to an end where services call each other in a circle', () => {
    const back = { ...notes.calls[0]!, target: 'notes', audience: 'https://notes.example/' };
    const circle = { ...people, calls: [back] };
    expect(() => blastRadius('web-1', fleetOf([notes, circle]))).not.toThrow();
    expect(drawSvg(edgesOf(fleetOf([notes, circle])), ['notes', 'people'])).toContain('</svg>');
  });

  it('refuses a name that nobody has', () => {
    expect(() => blastRadius('nobody', fleetOf())).toThrow(/neither an access map nor a client/);
  });
});

const hostile = `x"]; click n0 "https://evil.example" <script>alert('1')</script> | [a](b) \n%%{init}%%`;
const edges: Edge[] = [
  {
    from: hostile,
    to: 'notes',
    via: 'granted',
    as: 'itself',
    subjects: undefined,
    scopes: [hostile],
    routes: [],
  },
  {
    from: 'notes',
    to: hostile,
    via: 'granted',
    as: 'itself',
    subjects: undefined,
    scopes: [],
    routes: [],
  },
];

describe('drawings', () => {
  it('keep a name text in Mermaid', () => {
    const text = drawMermaid(edges, ['notes']);
    expect(text.split('\n')).toHaveLength(6);
    expect(text).not.toMatch(/<script|click n0 "|%%|\]\(b/);
  });

  it('keep a name text in SVG', () => {
    const text = drawSvg(edges, ['notes']);
    expect(text).not.toMatch(/<script|alert\('1'\)/);
    expect(text).toContain('&lt;script&gt;');
    expect(text.match(/<text/g)).toHaveLength(4);
    expect(text).not.toMatch(/NaN|undefined/);
  });

  it('keep a name text in Markdown', () => {
    const text = drawMarkdown(edges, [{ ...notes, service: hostile }]);
    expect(text).not.toMatch(/[^\\]<script|[^\\]\[a/);
  });

  it('are the same for the same fleet', () => {
    const [one, two] = [fleetOf(), fleetOf([people, notes])].map(edgesOf);
    expect(drawMermaid(one!, ['notes', 'people'])).toBe(drawMermaid(two!, ['people', 'notes']));
    expect(drawSvg(one!, ['notes', 'people'])).toBe(drawSvg(two!, ['people', 'notes']));
  });

  it('tell in Markdown who gets to which route', () => {
    const text = drawMarkdown(edgesOf(fleetOf()), [notes, people]);
    expect(text).toContain('| PUT /note | notes: called by web and notes:write | web-1 |');
    expect(text).toContain('| GET /health | everybody: probe | everybody |');
  });

  it('draw nothing of nobody', () => {
    expect(drawSvg([], [])).toContain('</svg>');
    expect(drawMermaid([], [])).toBe('flowchart LR\n');
  });
});
