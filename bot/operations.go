package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/store"
)

// operations serves what the operator's own tools ask: /livez, /readyz and
// /metrics, on an address of their own. Counts and kinds only.
type operations struct {
	listen   string
	store    *store.Store
	log      *slog.Logger
	ready    atomic.Bool
	links    []adapters.Linked
	registry *prometheus.Registry
	messages *prometheus.CounterVec
	notices  *prometheus.CounterVec
}

func newOperations(listen string, st *store.Store, log *slog.Logger) *operations {
	o := &operations{
		listen: listen, store: st, log: log, registry: prometheus.NewRegistry(),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "meldroute_messages_total", Help: "Messages taken, by platform and outcome."}, []string{"platform", "outcome"}),
		notices:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "meldroute_notices_total", Help: "Notices tried, by kind and outcome."}, []string{"kind", "outcome"}),
	}
	o.registry.MustRegister(o.messages, o.notices, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, of func(store.Stats) int64) {
		o.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			s, err := st.Stats(ctx)
			if err != nil {
				return -1
			}
			return float64(of(s))
		}))
	}
	gauge("meldroute_sessions", "Dialogues in progress; -1 when the database does not answer.", func(s store.Stats) int64 { return s.Sessions })
	gauge("meldroute_notices_open", "Notices that are owed.", func(s store.Stats) int64 { return s.Notices })
	gauge("meldroute_notices_overdue", "Notices that should have been sent.", func(s store.Stats) int64 { return s.Overdue })
	return o
}

// queue tells how much a platform has to do.
func (o *operations) queue(platform string, q adapters.Queue) {
	o.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "meldroute_messages_waiting", Help: "Messages that came in and are not done.", ConstLabels: prometheus.Labels{"platform": platform},
	}, func() float64 { return float64(q.Waiting()) }))
}

func (o *operations) setReady(v bool) { o.ready.Store(v) }

func (o *operations) took(platform string, err error) {
	o.messages.WithLabelValues(platform, outcome(err)).Inc()
}

func (o *operations) sent(kind, outcome string) { o.notices.WithLabelValues(kind, outcome).Inc() }

func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "ok"
}

// run listens until ctx ends; with no address it only waits.
func (o *operations) run(ctx context.Context) error {
	if o.listen == "" {
		<-ctx.Done()
		return nil
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("luisteren op operations.listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", o.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.registry, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	o.log.Info("operations: listening", "addr", l.Addr().String())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		_ = srv.Close()
	}
	if err := <-done; err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// linked reports whether every platform is reached.
func (o *operations) linked() bool {
	return !slices.ContainsFunc(o.links, func(l adapters.Linked) bool { return !l.Linked() })
}

// readyz says whether messages can be taken: wired, every platform is reached,
// and the database answers.
func (o *operations) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if !o.ready.Load() || !o.linked() || o.store.Check(ctx) != nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}
