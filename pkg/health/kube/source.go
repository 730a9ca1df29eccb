package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// pageSize bounds how much of a list is in memory before it is cut down to what is kept.
const pageSize = "200"

// pace is how patient a source is.
type pace struct {
	first, most time.Duration // of the waits after failures, which double
	refused     time.Duration // the wait after a no
	answer      time.Duration // for an answer to begin, or a page to end
	steady      time.Duration // a watch that lived so long was a good one
	life        time.Duration // of a watch; the server ends it, and the next one goes on
}

// usualPace finds an API server that is back within 20 s, and a permission within 30 s.
func usualPace() pace {
	return pace{
		first: 500 * time.Millisecond, most: 20 * time.Second, refused: 30 * time.Second, answer: 20 * time.Second,
		steady: 5 * time.Second, life: 5 * time.Minute,
	}
}

// where is a list in the cluster.
type where struct {
	what  string // for people
	path  string
	query url.Values
	kept  string // what of it is kept, where that is not all
}

func (p where) id() string { return p.path + "?" + p.query.Encode() + " " + p.kept }

// sink takes what a source finds. Its methods are called from the source's goroutine.
type sink interface {
	begin()                         // a list begins
	page(items []json.RawMessage)   // a part of it
	commit(ctx context.Context)     // it was the whole
	event(context.Context, *change) // one object since
	refused(context.Context)        // the API server said no
}

// change is one line of a watch.
type change struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`
}

// The types of a change that are no plain addition or modification.
const (
	deleted  = "DELETED"
	bookmark = "BOOKMARK"
	failed   = "ERROR"
)

// source lists and watches for as long as its context lives. After any failure it lists anew: that is cheap for so few
// objects, and heals what a watch alone would not, such as an etcd that was restored from a backup.
type source struct {
	where

	api   *api
	pace  pace
	clock clock.PassiveClock
	log   *slog.Logger
	to    sink
	// away is shared by all sources: an API server that is away is one message, not one for each list.
	away *throttle
	// said bounds the messages about a refusal of this list.
	said throttle

	failures int
	troubled bool
}

func (s *source) run(ctx context.Context) {
	for ctx.Err() == nil {
		version, err := s.list(ctx)
		for err == nil {
			s.recovered()
			version, err = s.watch(ctx, version)
		}
		if ctx.Err() == nil {
			s.pause(ctx, err)
		}
	}
}

// list hands the whole list to the sink and returns its version.
func (s *source) list(ctx context.Context) (string, error) {
	s.to.begin()
	q := url.Values{}
	maps.Copy(q, s.query)
	q.Set("limit", pageSize)
	for {
		var page struct {
			Metadata struct {
				ResourceVersion string `json:"resourceVersion"`
				Continue        string `json:"continue"`
			} `json:"metadata"`
			Items []json.RawMessage `json:"items"`
		}
		limited, cancel := context.WithTimeout(ctx, s.pace.answer)
		err := s.api.do(limited, request{method: http.MethodGet, path: s.path, query: q}, &page)
		cancel()
		if err != nil {
			return "", err
		}
		if page.Metadata.ResourceVersion == "" {
			return "", errors.New("the answer is no list")
		}
		s.to.page(page.Items)
		if page.Metadata.Continue == "" {
			s.to.commit(ctx)
			return page.Metadata.ResourceVersion, nil
		}
		q.Set("continue", page.Metadata.Continue)
	}
}

var (
	errNoAnswer = errors.New("no answer in time")
	errShort    = errors.New("the watch ended at once")
)

// watch follows a list from a version on. It returns without an error if the next watch can go on from there.
func (s *source) watch(ctx context.Context, version string) (string, error) {
	life := s.pace.life + rand.N(s.pace.life) //nolint:gosec // only spreads load
	q := url.Values{}
	maps.Copy(q, s.query)
	q.Set("watch", "1")
	q.Set("allowWatchBookmarks", "true")
	q.Set("resourceVersion", version)
	q.Set("timeoutSeconds", strconv.Itoa(int(life.Seconds())))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(s.pace.answer, func() { cancel(errNoAnswer) })
	defer silent.Stop()
	began := s.clock.Now()
	body, err := s.api.open(ctx, request{method: http.MethodGet, path: s.path, query: q})
	if err == nil {
		// A stream that dies without a word is noticed by HTTP/2; this is for the proxies that do not speak it.
		silent.Reset(life + s.pace.answer)
		version, err = s.follow(ctx, body, version)
		_ = body.Close()
	}
	lived := s.clock.Since(began) >= s.pace.steady
	if lived {
		s.failures = 0
	}
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errNoAnswer):
		return "", errNoAnswer
	case err == nil && !lived:
		return "", errShort
	default:
		return version, err
	}
}

// follow reads a watch to its end.
func (s *source) follow(ctx context.Context, body io.Reader, version string) (string, error) {
	d := json.NewDecoder(body)
	for {
		c := &change{}
		err := d.Decode(c)
		if errors.Is(err, io.EOF) {
			return version, nil
		}
		if err != nil {
			return "", fmt.Errorf("reading the watch: %w", err)
		}
		if c.Type == failed {
			e := &statusError{}
			if err := json.Unmarshal(c.Object, e); err != nil {
				return "", fmt.Errorf("reading the watch's error: %w", err)
			}
			return "", e
		}
		var o object
		if err := json.Unmarshal(c.Object, &o); err != nil {
			return "", fmt.Errorf("reading the watch: %w", err)
		}
		if o.ResourceVersion == "" {
			return "", errors.New("reading the watch: an object without a version")
		}
		version = o.ResourceVersion
		if c.Type != bookmark {
			s.to.event(ctx, c)
		}
	}
}

// pause says what is wrong and waits: longer after each failure, and never all at the same time.
func (s *source) pause(ctx context.Context, err error) {
	wait := s.pace.refused
	if refused(err) {
		s.to.refused(ctx)
		if s.said.free(s.clock) {
			s.log.Warn("the API server refuses to list or watch", "what", s.what, "path", s.path, "error", err)
		}
	} else {
		wait = min(s.pace.most, s.pace.first<<min(s.failures, 16)) //nolint:mnd // far above the longest wait
		s.failures++
		if codeOf(err) != http.StatusGone && s.away.free(s.clock) {
			s.log.Warn("the cluster cannot be read, what was known stays", "what", s.what, "error", err)
		}
	}
	s.troubled = true
	t := time.NewTimer(wait/2 + rand.N(wait/2+1)) //nolint:gosec // only spreads load
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (s *source) recovered() {
	if s.troubled {
		s.troubled = false
		s.log.Info("listed again", "what", s.what)
	}
}

// throttle lets one message a minute pass.
type throttle struct {
	mu   sync.Mutex
	last time.Time
}

func (t *throttle) free(c clock.PassiveClock) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := c.Now()
	if !t.last.IsZero() && now.Sub(t.last) < time.Minute {
		return false
	}
	t.last = now
	return true
}
