package health

import (
	"reflect"
	"testing"
	"time"
)

// What a peer says counts from when it was asked; a promise is kept until it ends, whoever refuses to renew it.
func TestPeerViewAnswered(t *testing.T) {
	t.Parallel()
	const at = 10 * time.Second
	first := PeerView{Name: "green"}.Answered(Answer{SentAt: at, SentWall: wall(), AskID: "a", Hold: 7})
	for name, c := range map[string]struct{ got, want PeerView }{
		"a promise": {first, PeerView{
			Name: "green", Heard: true, SentAt: at, Streak: 1, PromiseAsk: "a", PromiseSentAt: at, PromiseWall: wall(), PromiseHold: 7,
		}},
		"another replica refuses": {
			first.Answered(Answer{SentAt: at + 2, Refused: "Asking"}),
			PeerView{
				Name: "green", Heard: true, SentAt: at + 2, Streak: 2, PromiseAsk: "a", PromiseSentAt: at, PromiseWall: wall(), PromiseHold: 7,
				Refused: "Asking",
			},
		},
		"an answer that was overtaken": {first.Answered(Answer{SentAt: at - 1, Status: Out, AskID: "b"}), first},
		"a poll that was no use": {
			first.Missed("Timeout"),
			PeerView{
				Name: "green", Heard: true, SentAt: at, Unknown: "Timeout", PromiseAsk: "a", PromiseSentAt: at, PromiseWall: wall(), PromiseHold: 7,
			},
		},
		"heard again": {
			first.Missed("Timeout").Answered(Answer{SentAt: at + 4, SentWall: wall().Add(4), AskID: "a", Hold: 8}),
			PeerView{
				Name: "green", Heard: true, SentAt: at + 4, Streak: 1, PromiseAsk: "a", PromiseSentAt: at + 4, PromiseWall: wall().Add(4), PromiseHold: 8,
			},
		},
		"probed": {PeerView{}.Probed(3).Probed(2), PeerView{ProbeOK: true, ProbeAt: 3}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, c.got, c.want)
		}
	}
}

// What a peer says of itself is kept as it was said last.
func TestPeerViewKeepsWhatIsSaid(t *testing.T) {
	t.Parallel()
	fit := Fitness{Assessed: Fail, LBProbed: true}
	p := PeerView{}.Answered(Answer{Score: 7, RoundAge: 3, Status: Out, Mode: Strict, Fit: fit})
	if p.Score != 7 || p.RoundAge != 3 || p.Status != Out || p.Mode != Strict || p.Fit != fit {
		t.Errorf("%+v", p)
	}
	if p = p.Answered(Answer{SentAt: 1}); p.Fit != (Fitness{}) || p.Status != In {
		t.Errorf("%+v", p)
	}
}

// A sibling counts from when it was asked, and that it was out from when that was learned.
func TestSiblingViewAnswered(t *testing.T) {
	t.Parallel()
	s := SiblingView{Replica: "?"}.Answered(SiblingAnswer{Replica: "b", SentAt: 5 * time.Second, Vote: VoteOut, Status: Out, PromiseLeft: time.Second}, 6*time.Second)
	if s.Replica != "b" || s.HeardAt != 5*time.Second || !s.WasOut || s.OutAt != 6*time.Second || s.Status != Out {
		t.Fatalf("%+v", s)
	}
	if old := s.Answered(SiblingAnswer{Replica: "b", SentAt: 4 * time.Second}, 7*time.Second); old.Vote != VoteOut || old.HeardAt != 5*time.Second {
		t.Errorf("an answer that was overtaken counts: %+v", old)
	}
	s = s.Answered(SiblingAnswer{Replica: "b", SentAt: 8 * time.Second, Young: true}, 9*time.Second)
	if s.Vote != VoteIn || !s.Young || !s.WasOut || s.OutAt != 6*time.Second {
		t.Errorf("%+v", s)
	}
}
