package health

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser finds Chromium under one of its names.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if at, err := exec.LookPath(name); err == nil {
			return at
		}
	}
	t.Fatal("the page is tested in a real browser: install chromium (apt-get install chromium)")
	return ""
}

// see has the browser show a page, and returns what it made of it.
func see(t *testing.T, at, url string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), at, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--timeout=8000", "--dump-dom", url)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return string(out)
}

// The page's first line answers whether the cluster would leave if it failed now, and why not; without a script, in a real
// browser, for each of the states that matter.
func TestPage(t *testing.T) {
	at := browser(t)
	f := newFleet(t)
	url := "http://" + f.replicas[0].internal + "/"
	first := func(want string) string {
		t.Helper()
		last := ""
		for end := time.Now().Add(45 * time.Second); time.Now().Before(end); time.Sleep(time.Second) {
			dom := see(t, at, url)
			_, last, _ = strings.Cut(dom, `<h1 id="answer">`)
			last, _, _ = strings.Cut(last, "</h1>")
			if strings.Contains(last, want) {
				return dom
			}
		}
		t.Fatalf("the page says %q, want %q", last, want)
		return ""
	}
	first("If it failed now, blue would NOT leave: in the mode Relaxed")
	f.order(t, "blue", "Strict")
	dom := first("If it failed now, blue would leave, if green passed what fails here")
	for _, want := range []string{"shop", "green", "blue2", `http-equiv="refresh"`} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page lacks %q:\n%s", want, dom)
		}
	}
	f.clusters["blue"].broken.Store(true)
	first("blue is OUT: Failing(shop)")
	if code := ask(t.Context(), f.replicas[0].public); code != http.StatusServiceUnavailable {
		t.Errorf("the page says Out, the probe path %d", code)
	}
	if strings.Contains(dom, "<script") {
		t.Error("the page needs scripts")
	}
	picture := filepath.Join(t.TempDir(), "page.png")
	c := exec.CommandContext(t.Context(), at, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--window-size=1200,1000",
		"--timeout=8000", "--screenshot="+picture, url)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("no picture: %v\n%s", err, out)
	}
	if info, err := os.Stat(picture); err != nil || info.Size() < 10<<10 {
		t.Errorf("no picture of the page: %v", err)
	}
}
